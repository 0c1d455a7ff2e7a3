//! What a crate tells of its files, of the stages that made them, and of nobody.

use super::{Crate, FILE, IMAGE, decoded, links, sha256sum, types, world};
use crate::world::done;
use expect_test::expect;
use std::{collections::BTreeSet, fs};

#[test]
fn every_file_is_described_and_everything_described_is_there() {
    for (name, args) in [("whole", ""), ("with-sources", "--sources")] {
        let it = Crate::written(name, args);
        let mut described = BTreeSet::new();
        for file in it.of_type("File") {
            let path = decoded(file["@id"].as_str().unwrap());
            let contents = fs::read(it.root.join(&path)).unwrap_or_else(|e| panic!("{path}: {e}"));
            assert_eq!(file["sha256"], sha256sum(&it.root.join(&path)), "{path}");
            assert_eq!(file["blake3"], blake3::hash(&contents).to_hex().as_str(), "{path}");
            assert_eq!(file["contentSize"], contents.len().to_string(), "{path}");
            assert!(file["encodingFormat"].as_str().unwrap().contains('/'), "{path}");
            assert!(described.insert(path));
        }
        assert_eq!(described, it.files());
        let images = described.iter().filter(|path| path.ends_with(IMAGE)).count();
        assert_eq!(images, if args.is_empty() { 0 } else { 32 });
    }
}

#[test]
fn ids_are_unique_uris_and_what_is_referred_to_is_there() {
    let it = Crate::written("ids", "--sources --license MIT --author Anna --author Béla");
    let mut ids = BTreeSet::new();
    for entity in &it.entities {
        let id = entity["@id"].as_str().unwrap();
        assert!(ids.insert(id), "{id} is there twice");
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/=,:#%".contains(c);
        assert!(id.chars().all(plain), "{id} is no URI");
    }
    let mut linked = 0;
    for entity in &it.entities {
        for property in entity.as_object().unwrap().keys().filter(|key| !key.starts_with('@')) {
            for id in links(entity, property) {
                // RO-Crate itself and the specification of TOML are known well enough.
                let known = ["https://w3id.org/ro/crate/1.1", "https://toml.io/en/v1.0.0"];
                assert!(ids.contains(id) || known.contains(&id), "{property}: {id} is not there");
                linked += 1;
            }
        }
    }
    assert!(linked > 200, "{linked} links");
}

#[test]
fn every_file_is_a_part_of_the_crate() {
    let it = Crate::written("parts", "--sources");
    let mut parts = BTreeSet::new();
    let mut open = vec!["./"];
    while let Some(id) = open.pop() {
        if parts.insert(id) && types(it.entity(id)) == ["Dataset"] {
            open.extend(links(it.entity(id), "hasPart"));
        }
    }
    for file in it.of_type("File") {
        let id = file["@id"].as_str().unwrap();
        assert!(parts.contains(id), "{id} is in no folder");
    }
}

#[test]
fn a_stage_is_a_step_a_tool_and_an_action_with_what_it_read_and_made() {
    let it = Crate::written("actions", "");
    let mut lines = Vec::new();
    for action in it.of_type("CreateAction") {
        let objects = links(action, "object").into_iter();
        // Parameters with their values are many; one of them stands for all.
        let objects: Vec<_> = objects
            .filter(|id| !id.starts_with("#value") || id.contains("adam.lr/"))
            .map(decoded)
            .collect();
        let of = |property| links(action, property).into_iter().map(decoded).collect::<Vec<_>>();
        let name = action["name"].as_str().unwrap();
        lines.push(format!(
            "{name}: {} of {objects:?} makes {:?}\n",
            of("instrument").join(" "),
            of("result")
        ));
    }
    expect![[r##"
        run of the pipeline tissue: Tissue 100% é.toml of ["#source/patches/source.folder.dir"] makes ["stages/patches/", "stages/prep/", "stages/cnn/", "stages/search[lr=0.01]/", "stages/search/"]
        run of patches: #tool/ingest of ["#source/patches/source.folder.dir"] makes ["stages/patches/"]
        run of prep: #tool/preprocess of ["stages/patches/"] makes ["stages/prep/"]
        run of cnn: #tool/train of ["stages/prep/", "#value/train/params.optimizer.adam.lr/0.001"] makes ["stages/cnn/"]
        run of search[lr=0.01]: #tool/train of ["stages/prep/", "#value/train/params.optimizer.adam.lr/0.01"] makes ["stages/search[lr=0.01]/"]
        run of search: #tool/tune of ["stages/search[lr=0.01]/", "#value/tune/params.grid.optimizer.adam.lr/[0.01,1e+30]"] makes ["stages/search/"]
    "##]]
    .assert_eq(&lines.concat().replace(&format!("/{}", env!("CARGO_PKG_VERSION")), ""));
    let search = it.entity("#run/search")["description"].as_str().unwrap();
    assert!(search.ends_with("; 1 of the points that it should read gave no result"), "{search}");
    let value = it.entity("#value/train/params.optimizer.adam.lr/0.01");
    assert_eq!((&value["value"], &value["@type"]), (&0.01.into(), &"PropertyValue".into()));
    let parameter = it.entity(links(value, "exampleOfWork")[0]);
    assert_eq!(parameter["additionalType"], "Float");
}

#[test]
fn the_essentials_of_the_metadata_are_these() {
    let it = Crate::written("essentials", "patches --license CC-BY-4.0 --author Anna");
    let of_version = env!("CARGO_PKG_VERSION");
    let mut shown = String::new();
    for id in
        ["./", "Tissue%20100%25%20%C3%A9.toml", "#step/patches", "#control/patches", "#organize"]
    {
        let mut entity = it.entity(id).clone();
        let fields = entity.as_object_mut().unwrap();
        for varies in ["datePublished", "startTime", "endTime"] {
            if let Some(time) = fields.get_mut(varies) {
                let text = time.as_str().unwrap();
                assert_eq!((text.len(), &text[19..20], &text[23..]), (29, ".", "+00:00"), "{text}");
                *time = "<time>".into();
            }
        }
        shown += &format!("{}\n", serde_json::to_string(&entity).unwrap());
    }
    expect![[r##"
        {"@id":"./","@type":"Dataset","author":{"@id":"#author/Anna"},"conformsTo":[{"@id":"https://w3id.org/ro/wfrun/process/0.5"},{"@id":"https://w3id.org/ro/wfrun/workflow/0.5"},{"@id":"https://w3id.org/ro/wfrun/provenance/0.5"},{"@id":"https://w3id.org/workflowhub/workflow-ro-crate/1.0"}],"datePublished":"<time>","description":"The results of patches, each with how it was made","hasPart":[{"@id":"Tissue%20100%25%20%C3%A9.toml"},{"@id":"Tissue%20100%25%20%C3%A9.lock"},{"@id":"README.md"},{"@id":"stages/patches/"},{"@id":"#source/patches/source.folder.dir"}],"license":{"@id":"https://spdx.org/licenses/CC-BY-4.0"},"mainEntity":{"@id":"Tissue%20100%25%20%C3%A9.toml"},"mentions":[{"@id":"#run"},{"@id":"#organize"},{"@id":"#run/patches"}],"name":"A run of the pipeline tissue"}
        {"@id":"Tissue%20100%25%20%C3%A9.toml","@type":["File","SoftwareSourceCode","ComputationalWorkflow","HowTo"],"blake3":"78ee762caf39601a038e0aff9001434a30dd431ed4021e856b8dafaa1c6fac39","contentSize":"537","description":"the pipeline tissue","encodingFormat":"application/toml","hasPart":{"@id":"#tool/ingest/<version>"},"input":{"@id":"#pipeline-input/patches/source.folder.dir"},"name":"Tissue 100% é.toml","output":{"@id":"#pipeline-output/patches"},"programmingLanguage":{"@id":"#language"},"sha256":"2008d1ccb1f97ad201a0badca361ba294cee783515352ef4767a4aaa6cf594c9","step":{"@id":"#step/patches"},"version":"78ee762caf"}
        {"@id":"#step/patches","@type":"HowToStep","name":"patches","position":"1","workExample":{"@id":"#tool/ingest/<version>"}}
        {"@id":"#control/patches","@type":"ControlAction","actionStatus":"http://schema.org/CompletedActionStatus","instrument":{"@id":"#step/patches"},"name":"orchestrate patches","object":{"@id":"#run/patches"}}
        {"@id":"#organize","@type":"OrganizeAction","actionStatus":"http://schema.org/CompletedActionStatus","endTime":"<time>","instrument":{"@id":"#microtome/<version>"},"name":"run of microtome","object":{"@id":"#control/patches"},"result":{"@id":"#run"},"startTime":"<time>"}
    "##]].assert_eq(&shown.replace(of_version, "<version>"));
}

#[test]
fn neither_hosts_nor_paths_nor_users_are_told_of() {
    let here = world().dir.path().to_str().unwrap().to_owned();
    let set =
        format!("--set stage.patches.source.folder.dir={here}/images --set stage.cnn.epochs=1");
    let it = Crate::written("private", &set);
    let text = fs::read_to_string(it.root.join("ro-crate-metadata.json")).unwrap();
    assert!(!text.contains(&here), "a path is told of");
    assert!(!text.contains("\"host\""));
    let left_out = it.entity("#set/stage.patches.source.folder.dir");
    assert_eq!(left_out["value"], "(a path or an address, left out)");
    assert_eq!(it.entity("#set/stage.cnn.epochs")["value"], "1");
}

#[test]
fn a_licence_is_an_identifier_or_an_address() {
    let link = |args: &str, name: &str| {
        let it = Crate::written(name, &format!("patches {args}"));
        let license = it.entity("./")["license"].clone();
        (license["@id"].as_str().unwrap_or("").to_owned(), license)
    };
    let (none, text) = link("", "unlicensed");
    assert_eq!((none.as_str(), text), ("", "Not stated: ask the author before you use it".into()));
    assert_eq!(link("--license MIT", "mit").0, "https://spdx.org/licenses/MIT");
    assert_eq!(
        link("--license https://example.org/terms?a=1", "own").0,
        "https://example.org/terms?a=1"
    );
    let args = ["--ro-crate", "odd", "--license", "do what you like"];
    let done = done(world().command("export-run").arg(FILE).args(args).output().unwrap());
    assert_eq!(done.code, Some(2));
    expect![[r#"
        error: invalid value 'do what you like' for '--license <LICENSE>': give an identifier of https://spdx.org/licenses, such as CC-BY-4.0, or an address

        For more information, try '--help'.
    "#]].assert_eq(&done.err);
}
