//! What rustls says of the three endings of peer.py, which must run.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Everybody))
        .with_no_client_auth();
    let config = Arc::new(config);
    for (label, port) in [("goodbye", 7443), ("truncation", 7444), ("reset", 7445)] {
        let connection = ClientConnection::new(Arc::clone(&config), ServerName::try_from("localhost")?)?;
        let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", port))?);
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n")?;
        loop {
            let read = stream.read(&mut [0; 1000]);
            match &read {
                Ok(_) => println!("{label}: {read:?}"),
                Err(error) => println!("{label}: {:?}: {error}", error.kind()),
            }
            if !read.is_ok_and(|count| count > 0) {
                break;
            }
        }
    }
    Ok(())
}

/// The certificate is peer.py's own, and nobody has signed it: never do this where it matters.
#[derive(Debug)]
struct Everybody;

impl ServerCertVerifier for Everybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
