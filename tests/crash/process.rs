//! A run of the binary as it goes on: what it says, signals to it, and how it ends.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Longer than anything here takes, on a busy machine and without optimisation.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Lines as they come.
#[derive(Default)]
struct Lines {
    heard: Mutex<(Vec<String>, bool)>,
    news: Condvar,
}

impl Lines {
    fn listen(to: impl Read + Send + 'static) -> (Arc<Lines>, JoinHandle<()>) {
        let lines = Arc::new(Lines::default());
        let heard = lines.clone();
        let listener = std::thread::spawn(move || {
            for line in BufReader::new(to).lines().map_while(Result::ok) {
                heard.heard.lock().unwrap().0.push(line);
                heard.news.notify_all();
            }
            heard.heard.lock().unwrap().1 = true;
            heard.news.notify_all();
        });
        (lines, listener)
    }

    /// Waits until `enough` is true of the lines so far; false when there will be no more.
    fn wait(&self, enough: impl Fn(&[String]) -> bool, patience: Duration) -> Option<bool> {
        let waits = |(lines, over): &mut (Vec<String>, bool)| !*over && !enough(lines);
        let heard = self.heard.lock().unwrap();
        let (heard, late) = self.news.wait_timeout_while(heard, patience, waits).unwrap();
        (!late.timed_out()).then(|| enough(&heard.0))
    }

    fn all(&self) -> Vec<String> {
        self.heard.lock().unwrap().0.clone()
    }
}

/// A process that runs.
pub struct Process {
    child: Child,
    out: Arc<Lines>,
    err: Arc<Lines>,
    listeners: Vec<JoinHandle<()>>,
}

/// One that has ended.
pub struct Ended {
    pub status: ExitStatus,
    pub out: Vec<String>,
    pub err: Vec<String>,
}

impl Process {
    pub fn start(mut command: Command) -> Process {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, listens) = Lines::listen(child.stdout.take().unwrap());
        let (err, listens_too) = Lines::listen(child.stderr.take().unwrap());
        Process { child, out, err, listeners: vec![listens, listens_too] }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until some line on stdout has all of these texts in it.
    pub fn says(&self, texts: &[&str]) {
        let has = |line: &String| texts.iter().all(|text| line.contains(text));
        let said = self.out.wait(|lines| lines.iter().any(has), PATIENCE);
        assert_eq!(said, Some(true), "{texts:?} never came: {:#?}", self.out.all());
    }

    /// Waits until a line on stderr has this text in it.
    pub fn warns(&self, text: &str) {
        let said = self.err.wait(|lines| lines.iter().any(|line| line.contains(text)), PATIENCE);
        assert_eq!(said, Some(true), "{text:?} never came: {:#?}", self.err.all());
    }

    /// What it has said on stdout so far.
    pub fn said(&self) -> Vec<String> {
        self.out.all()
    }

    /// Sends a signal by its name: `INT`, `STOP`.
    pub fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(sent.success(), "kill -s {name} {id}");
    }

    /// Kills it, and does not wait until it is dead.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Lets it run for so long; whether it has ended by then.
    pub fn ends_within(&self, time: Duration) -> bool {
        self.out.wait(|_| false, time).is_some()
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let begun = Instant::now();
        if !self.ends_within(PATIENCE) {
            let (out, err) = (self.out.all(), self.err.all());
            self.kill();
            panic!("it hangs since {:?}: {out:#?}{err:#?}", begun.elapsed());
        }
        let status = self.child.wait().unwrap();
        for listener in std::mem::take(&mut self.listeners) {
            listener.join().unwrap();
        }
        Ended { status, out: self.out.all(), err: self.err.all() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A test that failed leaves no process behind; one that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    pub fn was_killed(&self) -> bool {
        self.status.signal() == Some(9)
    }

    /// All that it said, for people.
    pub fn text(&self) -> String {
        [self.out.as_slice(), self.err.as_slice()].concat().join("\n")
    }

    /// The stage and key of each event of a sort, in their order.
    pub fn events(&self, sort: &str) -> Vec<(String, String)> {
        let event = |line: &String| {
            let event: serde_json::Value = serde_json::from_str(line).ok()?;
            let text = |field: &str| event[field].as_str().unwrap_or_default().to_string();
            (text("event") == sort).then(|| (text("stage"), text("key")))
        };
        self.out.iter().filter_map(event).collect()
    }

    /// The epochs that a stage trained.
    pub fn epochs(&self, stage: &str) -> Vec<usize> {
        let epoch = |line: &String| {
            let event: serde_json::Value = serde_json::from_str(line).ok()?;
            let text = event["progress"]["note"]["text"].as_str()?;
            let (epoch, _) = text.strip_prefix("epoch ")?.split_once('/')?;
            (event["stage"] == stage).then(|| epoch.parse().unwrap())
        };
        self.out.iter().filter_map(epoch).collect()
    }
}
