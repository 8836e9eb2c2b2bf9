"""What kind of file some bytes are, whatever their name or label says."""

import re

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"BM", "image/bmp"),
    (0, b"\0\0\x01\0", "image/x-icon"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"MSCF", "application/vnd.ms-cab-compressed"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"\x4c\0\0\0\x01\x14\x02\0", "application/x-ms-shortcut"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (257, b"ustar", "application/x-tar"),
    (0x8001, b"CD001", "application/x-iso9660-image"),
)
_OFFICE = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    (b"META-INF/MANIFEST.MF", "application/java-archive"),
    (b"AndroidManifest.xml", "application/vnd.android.package-archive"),
)
_OLE = (
    ("W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t", "application/msword"),
    ("W\0o\0r\0k\0b\0o\0o\0k", "application/vnd.ms-excel"),
    ("P\0o\0w\0e\0r\0P\0o\0i\0n\0t", "application/vnd.ms-powerpoint"),
    ("_\0_\0s\0u\0b\0s\0t\0g", "application/vnd.ms-outlook"),
)
_RUNNING = (
    "application/vnd.microsoft.portable-executable",
    "application/x-elf",
    "application/x-ms-shortcut",
    "application/x-iso9660-image",
    "application/java-archive",
    "application/vnd.android.package-archive",
)
_MARKUP = re.compile(rb"\s*(?:<!doctype html|<html|<head|<body|<script|<iframe|<svg|<\?xml|<!--)", re.IGNORECASE)
_SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_TEXTS = {
    b"BEGIN:VCALENDAR": "text/calendar",
    b"BEGIN:VCARD": "text/vcard",
    b"-----BEGIN ": "application/x-pem-file",
}
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/svg+xml": ".svg",
    "application/zip": ".zip",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/html": ".html",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "text/rfc822-headers": ".txt",
    "application/pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/pgp-signature": ".asc",
    "application/ms-tnef": ".dat",
}


def kind(data: bytes, declared: str) -> str:
    """The media type the bytes bear out; a declared one is believed only for kinds without a signature of their own."""
    for offset, magic, found in _MAGIC:
        if data.startswith(magic, offset):
            return _inside_ole(data) if found == "application/x-ole-storage" else found
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((found for name, found in _OFFICE if name in data[:65536]), "application/zip")
    head = data[:4096]
    if _MARKUP.match(head):
        return "image/svg+xml" if _SVG.search(head) else "text/xml" if head.lstrip()[:5] == b"<?xml" else "text/html"
    for start, found in _TEXTS.items():
        if head.lstrip().startswith(start):
            return found
    if declared.startswith(("message/", "application/pkcs7")):
        return declared
    if not _BINARY.search(head):
        keeps = declared.startswith("text/") and declared != "text/html"
        return declared if keeps or declared in ("application/json", "application/pgp-signature") else "text/plain"
    return "application/octet-stream"


def runs(data: bytes) -> bool:
    """Whether the bytes are a program, or a disk that carries one."""
    return kind(data, "") in _RUNNING


def extension(media_type: str) -> str:
    """The usual ending with its dot for files that came without a name."""
    return _EXTENSIONS.get(media_type, ".bin")


def _inside_ole(data: bytes) -> str:
    names = data[:1_000_000]
    return next((found for name, found in _OLE if name.encode("ascii") in names), "application/x-ole-storage")
