"""TLS: which certificates are trusted, which one is shown. `ssl` is imported only for https."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from rillet.words.errors import InvalidRequest

if TYPE_CHECKING:
    import ssl


class TlsOptions(Struct, frozen=True):
    """`verify`: True (the system's store, or SSL_CERT_FILE and SSL_CERT_DIR), False (trust anyone:
    for tests only), or the path of a file or folder of certificates to trust instead.
    `certificate` and `key` are paths of a client certificate in PEM; one file may hold both.
    `context`, if given, is used as it is.
    """

    verify: bool | str = True
    certificate: str | None = None
    key: str | None = None
    key_password: str | None = None
    context: "ssl.SSLContext | None" = None

    def __repr__(self) -> str:
        return f"TlsOptions(verify={self.verify!r}, certificate={self.certificate!r})"


def make_context(options: TlsOptions, env: Mapping[str, str]) -> "ssl.SSLContext":
    """The context for all connections of a transport. Raises `InvalidRequest` for bad files."""
    import ssl

    if options.context is not None:
        return options.context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if options.verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        _trust(context, options.verify, env)
    if options.certificate is not None:
        try:
            context.load_cert_chain(options.certificate, options.key, options.key_password or "")
        except OSError as error:
            raise _bad_file("client certificate", options.certificate, error) from None
    return context


def _trust(context: "ssl.SSLContext", verify: bool | str, env: Mapping[str, str]) -> None:
    named = verify if isinstance(verify, str) else env.get("SSL_CERT_FILE")
    if not named:
        if folder := env.get("SSL_CERT_DIR"):
            context.load_verify_locations(capath=folder)
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(cafile=named)
    except OSError as error:
        if not isinstance(error, IsADirectoryError):
            try:
                context.load_verify_locations(capath=named)
                if _is_folder(named):
                    return
            except OSError:
                pass
        raise _bad_file("certificates", named, error) from None


def _is_folder(path: str) -> bool:
    import os

    return os.path.isdir(path)


def _bad_file(what: str, path: str, error: OSError) -> InvalidRequest:
    return InvalidRequest(f"The file of {what} {path!r} cannot be used: {error.strerror or error}")
