"""Certificates for tests, made by the openssl command."""

import hashlib
import ssl
import subprocess

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]


class Authority:
    def __init__(self, folder, name):
        folder.mkdir(exist_ok=True)
        self.folder, self.name = folder, name
        self.certificate, self._key = folder / f"{name}.pem", folder / f"{name}.key"
        _openssl("req", "-x509", *CURVE, "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.certificate)

    @property
    def fingerprint(self):
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.certificate.read_text())).hexdigest()

    def issue(self, name):
        """(certificate, key) for 127.0.0.1; the authority's own certificate follows in the file, as Elasticsearch sends it."""
        certificate, key, request = (self.folder / f"{self.name}-{name}.{end}" for end in ("pem", "key", "csr"))
        extension = self.folder / "extension"
        extension.write_text("subjectAltName=IP:127.0.0.1\n")
        _openssl("req", *CURVE, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl(
            *["x509", "-req", "-days", "2", "-in", request, "-CA", self.certificate, "-CAkey", self._key],
            *["-CAcreateserial", "-extfile", extension, "-out", certificate],
        )
        certificate.write_text(certificate.read_text() + self.certificate.read_text())
        return certificate, key


def server_context(certificate, key, client_authority=None):
    """`client_authority`: only clients with a certificate of it are let in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_authority:
        context.load_verify_locations(client_authority.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL, capture_output=True)
