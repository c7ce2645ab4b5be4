//! `route`: the shortest walk, without a shop.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;

use super::import::read_file;
use super::output::{self, Failure};
use crate::app::Error;
use crate::app::route_files::{RouteAnswers, refused, route_files};

/// Find the shortest walk through a map
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  cartwright route --map map.json --request request.json --svg walk.svg\n\n\
    A request: {\"start\": \"in1\", \"stops\": [{\"location\": \"A3-07\"}, {\"node\": \"p14\"}, {\"x\": 3.5, \"y\": 12}]}\n\
    The walk ends at a checkout unless \"ends\": [nodes] or \"return_to_start\": true says otherwise;\n\
    groups (\"group\": 1 in a stop) are visited in rising order; \"budget_ms\" and\n\
    \"min_width_m\" are optional, and \"at\" (RFC 3339): opening hours are read on the clock that\n\
    it is written in, and do not count without it.\n\n\
    A map: its own JSON, GeoJSON or a file of the editor Tiled; its content tells which.\n\n\
    The request is an object, or an array of them: the answers come in the same order, and one\n\
    that is refused is {\"error\": {\"code\", \"detail\"}} in its place; the command leaves with 1 then.\n\
    The pictures of an array are numbered: walk-1.svg, walk-2.svg and so on.\n\n\
    elapsed_us counts from the parsed map to the answer."
)]
pub(super) struct Route {
    /// The store map, in any of its formats; - reads stdin
    #[arg(long, value_name = "MAP.json")]
    map: PathBuf,
    /// The request, or an array of requests; - reads stdin
    #[arg(long, value_name = "REQUEST.json")]
    request: PathBuf,
    /// Draw the walk into this file, all its floors one below the other
    #[arg(long, value_name = "FILE", value_parser = picture_file)]
    svg: Option<PathBuf>,
    /// Print JSON, which this command does in any case
    #[arg(long, hide = true)]
    json: bool,
}

/// A file for a picture: not stdout, which has the answer.
fn picture_file(name: &str) -> Result<PathBuf, String> {
    match name {
        "" | "-" => Err("stdout has the answer: name a file".to_owned()),
        name => Ok(PathBuf::from(name)),
    }
}

impl Route {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (map, requests) = match self.files() {
            Ok(files) => files,
            Err(failure) => {
                output::print_json(&refused("unreadable-file", &failure.to_string()))?;
                return Err(failure);
            }
        };
        match route_files(&map, &requests, self.svg.is_some()) {
            Ok(answers) => {
                output::print_json(&answers)?;
                if let Some(file) = &self.svg {
                    write_pictures(file, &answers)?;
                }
                if answers.all().iter().any(|routed| routed.answer.is_err()) {
                    return Err(Failure::new("a request was refused"));
                }
                Ok(())
            }
            Err(error) => {
                let code = match &error {
                    Error::BadRequest(refusal) => refusal.code,
                    _ => "internal",
                };
                output::print_json(&refused(code, &error.to_string()))?;
                Err(error.into())
            }
        }
    }

    /// The map and the requests, unread.
    fn files(&self) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        if self.map.as_os_str() == "-" && self.request.as_os_str() == "-" {
            return Err(Failure::new("cannot read both the map and the request from stdin"));
        }
        Ok((read_file(&self.map)?, read_file(&self.request)?))
    }
}

/// Writes the picture, or one for each request of an array that was answered.
fn write_pictures(file: &Path, answers: &RouteAnswers) -> Result<(), Failure> {
    let is_list = matches!(answers, RouteAnswers::List(_));
    for (number, routed) in (1..).zip(answers.all()) {
        if let Some(picture) = &routed.picture {
            let file = if is_list { numbered(file, number) } else { file.to_owned() };
            write_picture(&file, picture).map_err(|error| {
                Failure::new(format!("cannot write {}: {error}", file.display()))
            })?;
        }
    }
    Ok(())
}

/// `walk.svg` and 3 make `walk-3.svg`.
fn numbered(file: &Path, number: usize) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = file.extension() {
        name.push(".");
        name.push(extension);
    }
    file.with_file_name(name)
}

/// Puts a picture in the place of what the file held: whoever looks sees one or the other.
fn write_picture(file: &Path, picture: &str) -> io::Result<()> {
    // What a link points to is replaced, not the link.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    if fs::metadata(&file).is_ok_and(|known| !known.is_file()) {
        // A pipe or a device cannot be replaced; a directory says so itself.
        return fs::OpenOptions::new().write(true).open(&file)?.write_all(picture.as_bytes());
    }
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut partial = tempfile::Builder::new()
        .prefix(".cartwright-walk-")
        // Like any other output: the umask takes from it.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(|error| plain(&error))?;
    partial.write_all(picture.as_bytes())?;
    partial.as_file().sync_all()?;
    partial.persist(&file).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// Without the path of the temporary file, which nobody asked for.
fn plain(error: &io::Error) -> io::Error {
    io::Error::from(error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_before_the_extension() {
        assert_eq!(numbered(Path::new("out/walk.svg"), 3), Path::new("out/walk-3.svg"));
        assert_eq!(numbered(Path::new("walk"), 1), Path::new("walk-1"));
        assert_eq!(numbered(Path::new("a.b.svg"), 12), Path::new("a.b-12.svg"));
    }

    #[test]
    fn a_picture_replaces_a_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("walk.svg");
        fs::write(&file, "before").unwrap();
        write_picture(&file, "<svg/>").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "<svg/>");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_picture(folder.path(), "<svg/>").is_err());
        assert!(write_picture(&folder.path().join("no/where.svg"), "<svg/>").is_err());
        write_picture(Path::new("/dev/null"), "<svg/>").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
