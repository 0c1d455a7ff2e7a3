//! A hub on this machine that speaks what clients of the Hugging Face hub ask: addresses that
//! redirect, headers that name commit and contents, and parts of files.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// How it serves.
#[derive(Clone, Copy, PartialEq)]
pub enum Manner {
    Well,
    /// Hangs up in the middle of the file.
    StopsHalfWay,
    /// Sends the whole file to who asks for the rest of it.
    SendsAll,
    /// Answers everything with this status.
    Refuses(u16),
}

/// It serves one file, whatever its name, of the repository `ours/new`, which once was `ours/old`,
/// and of the data set `ours/data`, which lists a shard and a file that is none.
pub struct Hub {
    pub endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Hub {
    /// Serves until the test ends.
    pub fn new(file: Vec<u8>, manner: Manner) -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, own) = (asked.clone(), endpoint.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, path, range) = request(stream.unwrap());
                log.lock().unwrap().push(format!("{path} {range}"));
                // A client that has what it wanted may be gone.
                let _ = stream.write_all(&answer(&file, manner, &own, &path, &range));
            }
        });
        Hub { endpoint, asked }
    }

    /// The path and range of each request.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn request(stream: TcpStream) -> (TcpStream, String, String) {
    let mut lines = BufReader::new(&stream).lines().map(Result::unwrap);
    let first = lines.next().unwrap_or_default();
    let (mut path, mut range) = (first.split(' ').nth(1).unwrap_or_default(), String::new());
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(value) = line.to_lowercase().strip_prefix("range: ") {
            range = value.to_owned();
        }
    }
    path = path.split('?').next().unwrap_or_default();
    let path = path.to_owned();
    (stream, path, range)
}

fn answer(file: &[u8], manner: Manner, own: &str, path: &str, range: &str) -> Vec<u8> {
    let head = |status: &str, headers: &str, length: usize| {
        format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
        )
        .into_bytes()
    };
    if let Manner::Refuses(status) = manner {
        return head(&format!("{status} No"), "", 0);
    }
    if let Some(file) = path.strip_prefix("/ours/old/") {
        return head("307 Renamed", &format!("Location: /ours/new/{file}\r\n"), 0);
    }
    if path.starts_with("/api/datasets/ours/data/revision/") {
        let body = r#"{"sha": "c0ffee", "siblings": [{"rfilename": "README.md"}, {"rfilename": "data/train-00000-of-00001.parquet"}, {"rfilename": "../out.parquet"}]}"#;
        return [head("200 OK", "", body.len()), body.into()].concat();
    }
    if path.starts_with("/ours/new/resolve/") || path.starts_with("/datasets/ours/data/resolve/") {
        let headers = format!(
            "Location: {own}/contents\r\nX-Repo-Commit: c0ffee\r\nX-Linked-Etag: \"abba\"\r\nETag: \"other\"\r\n"
        );
        return head("302 Found", &headers, 0);
    }
    let (from, to) = range.strip_prefix("bytes=").and_then(|it| it.split_once('-')).unwrap();
    let from = from.parse().unwrap();
    let end = if to.is_empty() { file.len() } else { to.parse::<usize>().unwrap() + 1 };
    if manner == Manner::SendsAll && from > 0 {
        return [head("200 OK", "", file.len()), file.to_vec()].concat();
    }
    let part = &file[from..end];
    let headers = format!("Content-Range: bytes {from}-{}/{}\r\n", end - 1, file.len());
    let sent = match manner {
        Manner::StopsHalfWay if part.len() > 1 => &part[..part.len() / 2],
        _ => part,
    };
    [head("206 Partial Content", &headers, part.len()), sent.to_vec()].concat()
}
