//! What a run calls itself: `why` says of a cached result which run it comes from.

use std::time::{SystemTime, UNIX_EPOCH};

/// The address of the CI job where there is one; elsewhere the second at which it began and the
/// number of its process.
pub fn of_this_run() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    name(|variable| std::env::var(variable).ok(), now, std::process::id())
}

fn name(variable: impl Fn(&str) -> Option<String>, now: u64, process: u32) -> String {
    let github = || {
        let [server, repository, run] =
            ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(&variable);
        Some(format!("{}/{}/actions/runs/{}", server?, repository?, run?))
    };
    let job = github().or_else(|| variable("CI_JOB_URL")).or_else(|| variable("BUILD_URL"));
    job.unwrap_or_else(|| format!("{now}-{process}"))
}

#[cfg(test)]
mod tests {
    use super::name;

    fn with(set: &[(&str, &str)]) -> String {
        let find = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string());
        name(find, 1_700_000_000, 42)
    }

    #[test]
    fn a_run_is_named_by_its_ci_job() {
        let github = [
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "me/tissue"),
            ("GITHUB_RUN_ID", "7"),
        ];
        assert_eq!(with(&github), "https://github.com/me/tissue/actions/runs/7");
        assert_eq!(with(&[("CI_JOB_URL", "https://gitlab/j/1")]), "https://gitlab/j/1");
        assert_eq!(with(&[("BUILD_URL", "https://jenkins/b/1")]), "https://jenkins/b/1");
    }

    #[test]
    fn elsewhere_it_is_named_by_time_and_process() {
        assert_eq!(with(&[("GITHUB_RUN_ID", "7")]), "1700000000-42");
    }
}
