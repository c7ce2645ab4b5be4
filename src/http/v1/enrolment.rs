//! Pairing codes for boards, with the appliance's address as a picture that a phone can read.

use axum::extract::State as Of;
use axum::http::StatusCode;
use axum::http::uri::Authority;
use jiff::Timestamp;
use qrcode::QrCode;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::enrolment::NewPairingCode;
use crate::app::{Admin, App};
use crate::domain::enrolment::PairingCode as DomainCode;
use crate::domain::id::DeviceId;
use crate::http::exchange::Client;
use crate::http::extract::{Json, OptionalJson, Page, Path};
use crate::http::reply::Listed;
use crate::http::{Problem, Result, State};

/// What the board is for. Both may be missing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct PairingCodeInput {
    /// What the new trolley will be called.
    #[schema(min_length = 1, max_length = 60, example = "Cart 7")]
    name: Option<String>,
    /// The trolley that gets a new board and key.
    device_id: Option<u64>,
}

/// A code that lets one board in; it is shown this once.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct NewCode {
    id: u64,
    /// What is typed into the board.
    #[schema(example = "K7QF-22MB")]
    pairing_code: String,
    expires_at: Timestamp,
    /// What the trolley will be called, or is.
    #[schema(example = "Cart 7")]
    name: Option<String>,
    /// The trolley that gets a new board; `null` for a new one.
    device_id: Option<u64>,
    /// Where the board finds the appliance.
    #[schema(example = "http://192.168.1.10:8080")]
    url: String,
    /// Address and code as an SVG picture.
    #[schema(example = "<svg></svg>")]
    qr: String,
    /// What the picture says.
    #[schema(example = "cartwright:enroll?url=http://192.168.1.10:8080&code=K7QF22MB")]
    qr_text: String,
}

/// A pairing code that still works, without the code.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct OpenCode {
    id: u64,
    /// What the trolley will be called, or is.
    #[schema(example = "Cart 7")]
    name: Option<String>,
    /// The trolley that gets a new board; `null` for a new one.
    device_id: Option<u64>,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// The username of who asked for it; `null` for the command line.
    created_by: Option<String>,
}

/// The answer to a deletion.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CodeDeleted {
    message: &'static str,
    deleted: bool,
    id: u64,
}

impl From<DomainCode> for OpenCode {
    fn from(code: DomainCode) -> Self {
        Self {
            id: code.id,
            name: code.name,
            device_id: code.device_id.map(DeviceId::value),
            created_at: code.created_at,
            expires_at: code.expires_at,
            created_by: code.created_by,
        }
    }
}

pub(in crate::http) async fn create(
    Of(state): Of<State>,
    admin: Admin,
    client: Client,
    OptionalJson(body): OptionalJson<PairingCodeInput>,
) -> Result<(StatusCode, Json<NewCode>)> {
    let PairingCodeInput { name, device_id } = body.unwrap_or_default();
    let device_id = device_id.map(DeviceId::new).transpose();
    let device_id = device_id.map_err(|error| Problem::field("device_id", error))?;
    let NewPairingCode { code, text } =
        state.app.create_pairing_code(&admin, name, device_id).await?;
    let url = reach(&state, &client);
    let qr_text = format!("cartwright:enroll?url={url}&code={}", text.expose_plain());
    let made = NewCode {
        id: code.id,
        pairing_code: text.expose(),
        expires_at: code.expires_at,
        name: code.name,
        device_id: code.device_id.map(DeviceId::value),
        url,
        qr: picture(&qr_text)?,
        qr_text,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

pub(in crate::http) async fn list(
    Of(app): Of<App>,
    admin: Admin,
    page: Page,
) -> Result<Listed<OpenCode, 50>> {
    let codes = app.pairing_codes(&admin)?;
    let total = u64::try_from(codes.len()).unwrap_or(u64::MAX);
    let shown = codes.into_iter().skip(page.offset).take(page.limit);
    Ok(Listed { items: shown.map(OpenCode::from).collect(), total, page })
}

pub(in crate::http) async fn delete(
    Of(app): Of<App>,
    admin: Admin,
    Path(id): Path<u64>,
) -> Result<Json<CodeDeleted>> {
    app.delete_pairing_code(&admin, id).await?;
    Ok(Json(CodeDeleted { message: "Pairing code deleted", deleted: true, id }))
}

/// Where a board finds the appliance, over plain HTTP: by the name that the admin's browser uses,
/// unless that means this machine itself or needs multicast DNS, which boards often lack.
fn reach(state: &State, client: &Client) -> String {
    let asked = client.host.as_deref().and_then(|host| host.parse::<Authority>().ok());
    let is_known_to_boards = |host: &Authority| {
        let name = host.host().trim_start_matches('[').trim_end_matches(']');
        let address = name.parse::<std::net::IpAddr>();
        let is_here = name.eq_ignore_ascii_case("localhost")
            || address.is_ok_and(|it| it.is_loopback() || it.is_unspecified());
        !is_here && !name.to_ascii_lowercase().ends_with(".local")
    };
    let usable = asked.as_ref().filter(|host| is_known_to_boards(host));
    match (usable, &state.lan_url) {
        (Some(host), _) if !client.https => format!("http://{host}"),
        (Some(host), _) => match state.trust.borrow().as_ref() {
            Some(trust) => format!("http://{}:{}", host.host(), trust.http_port),
            // A proxy speaks HTTPS for us: what is behind it may not be reached otherwise.
            None => format!("https://{host}"),
        },
        (None, Some(lan)) => lan.clone(),
        (None, None) => {
            let host = asked.map_or_else(|| "127.0.0.1:8080".to_owned(), |host| host.to_string());
            format!("http://{host}")
        }
    }
}

fn picture(text: &str) -> Result<String> {
    let code = QrCode::new(text).map_err(|error| Problem::internal(error.to_string()))?;
    let image = code.render::<svg::Color<'_>>().module_dimensions(1, 1).build();
    // In a page it stands without the declaration of a file.
    Ok(image.split_once("?>").map_or(image.as_str(), |(_, image)| image).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing;

    #[test]
    fn the_address_is_one_that_boards_can_use() {
        let mut state = testing::state();
        let client = |host: Option<&str>, https| Client {
            address: [192, 168, 1, 77].into(),
            https,
            host: host.map(str::to_owned),
            user_agent: String::new(),
        };
        let plain = |state: &State, host| reach(state, &client(Some(host), false));
        assert_eq!(plain(&state, "192.168.1.5:8080"), "http://192.168.1.5:8080");
        assert_eq!(plain(&state, "[fd12::1]:8080"), "http://[fd12::1]:8080");
        assert_eq!(plain(&state, "localhost:9000"), "http://localhost:9000");
        assert_eq!(reach(&state, &client(Some("shop.example"), true)), "https://shop.example");
        state.lan_url = Some("http://192.168.1.5:9000".into());
        for host in ["localhost:9000", "127.0.0.1:9000", "[::1]:9000", "shop.local:9000", "??"] {
            assert_eq!(plain(&state, host), "http://192.168.1.5:9000", "{host}");
        }
        assert_eq!(reach(&state, &client(None, false)), "http://192.168.1.5:9000");
    }
}
