"""A PDF file in a few lines: content streams as written by hand, for drawings that no exporter here makes."""

from __future__ import annotations


def write_pdf(
    content: str, size: tuple[float, float] = (360, 288), forms: dict[str, str] | None = None, page: str = ""
) -> bytes:
    """A one-page PDF that paints ``content``; ``forms`` are form XObjects, ``page`` further entries of the page.

    Fonts /F1 (Helvetica) and /F2 (ZapfDingbats) can be used.
    """
    forms = forms or {}
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "",
        _stream(content),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>",
    ]
    names = []
    for name, body in forms.items():
        objects.append(_stream(body, "/Type /XObject /Subtype /Form /BBox [-2000 -2000 2000 2000] "))
        names.append(f"/{name} {len(objects)} 0 R")
    resources = f"<< /Font << /F1 5 0 R /F2 6 0 R >> /XObject << {' '.join(names)} >> >>"
    box = f"[0 0 {size[0]} {size[1]}]"
    objects[2] = f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents 4 0 R /Resources {resources} {page} >>"
    return _file(objects)


def _stream(body: str, entries: str = "") -> str:
    return f"<< {entries}/Length {len(body)} >>\nstream\n{body}\nendstream"


def _file(objects: list[str]) -> bytes:
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")


def text(x: float, y: float, words: str, size: float = 8, font: str = "F1") -> str:
    """One piece of text with its base line starting at x, y."""
    return f"BT /{font} {size} Tf {x:.2f} {y:.2f} Td ({words}) Tj ET\n"


def axes(left: float = 60, bottom: float = 60, width: float = 250, height: float = 200) -> str:
    """Axis lines, six ticks each, and labels: time 0 to 50, survival 0 to 1."""
    out = f"q 0 0 0 RG 0.8 w {left} {bottom} m {left + width} {bottom} l S\n"
    out += f"{left} {bottom} m {left} {bottom + height} l S\n"
    for k in range(6):
        x, y = left + width * k / 5, bottom + height * k / 5
        out += f"{x:.2f} {bottom} m {x:.2f} {bottom - 4} l S {left} {y:.2f} m {left - 4} {y:.2f} l S\n"
        out += text(x - 4, bottom - 14, str(10 * k)) + text(left - 20, y - 3, f"{0.2 * k:.1f}")
    return out + "Q\n"
