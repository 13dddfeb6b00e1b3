"""The emoji that the app writes, drawn: not every machine has a font with them."""

from markupsafe import Markup

DRAWN = {
    "robot_face": '<rect x="3" y="5" width="10" height="8" rx="2"/><path d="M8 5V2.5M6 8.5v.01M10 8.5v.01M6 11h4"/>',
    "lock": '<path d="M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5"/>',
    "hourglass_flowing_sand": '<path d="M4 2h8M4 14h8M5 2c0 3.5 6 8.5 6 12M11 2c0 3.5-6 8.5-6 12"/>',
    "arrows_counterclockwise": '<path d="M13 8a5 5 0 0 1-9 3M3 8a5 5 0 0 1 9-3M12 2v3H9M4 14v-3h3"/>',
    "white_check_mark": '<rect x="2" y="2" width="12" height="12" rx="2.5"/><path d="m5 8.3 2.2 2.2L11 6"/>',
    "octagonal_sign": '<path d="M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM5 8h6"/>',
    "raising_hand": '<circle cx="7" cy="5.5" r="2.5"/><path d="M2.5 14c0-3 2-4.5 4.5-4.5s4.5 1.5 4.5 4.5M13 9V2.5"/>',
    "x": '<path d="m3.5 3.5 9 9M12.5 3.5l-9 9"/>',
}


def sign(name: str) -> Markup | None:
    """None where it is none of ours."""
    if name not in DRAWN:
        return None
    spoken = name.replace("_", " ")
    opening = f'<svg class="sign {name}" viewBox="0 0 16 16" role="img" aria-label="{spoken}">'
    return Markup(f"{opening}{DRAWN[name]}</svg>")  # noqa: S704 - our own drawing
