"""A phone camera for the bench: a lens that bends, sheets in space, lamps with shadows, the phone's development.

All lengths are millimetres, the world's z points up to the viewer, a sheet's s runs right and its t runs down from its
top left corner. Image points are continuous (the first pixel covers 0 to 1). Light is linear; what the canvases hold is
its square root, so that two 8-bit pictures multiply to a gamma of two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter
from scipy.ndimage import gaussian_filter

Floats = NDArray[np.floating]
Box = tuple[int, int, int, int]
CELL = 80  # pixels between exactly mapped points; between them the map is bilinear (error below 0.1 px)
BRIGHTEST = 4.0  # linear light that the 8-bit light canvas can hold
FINE = 4  # the light is worked out at a fourth of the photo's size
BILINEAR, BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC


@dataclass(frozen=True)
class Camera:
    """A pinhole `centre` with rows `turn` (right, down, forward), focal length `focal` px and radial terms k1, k2."""

    width: int
    height: int
    focal: float
    centre: Floats
    turn: Floats
    k1: float = 0.0
    k2: float = 0.0

    def project(self, points: Floats) -> Floats:
        """World points (…, 3) to image points (…, 2)."""
        seen = (np.asarray(points) - self.centre) @ self.turn.T
        flat = seen[..., :2] / np.maximum(seen[..., 2:], 1e-6)
        r2 = (flat**2).sum(-1, keepdims=True)
        return flat * (1 + self.k1 * r2 + self.k2 * r2 * r2) * self.focal + [self.width / 2, self.height / 2]

    def rays(self, points: Floats) -> Floats:
        """Image points (…, 2) to directions in the world (…, 3); the distortion is undone by fixed-point steps."""
        bent = (np.asarray(points, float) - [self.width / 2, self.height / 2]) / self.focal
        flat = bent
        for _ in range(8):
            r2 = (flat**2).sum(-1, keepdims=True)
            flat = bent / (1 + self.k1 * r2 + self.k2 * r2 * r2)
        return np.concatenate([flat, np.ones_like(flat[..., :1])], -1) @ self.turn


def aimed(
    size: tuple[int, int], equivalent: float, target: Floats, distance: float, tilt: float, around: float, roll: float
) -> tuple[Floats, Floats, float]:
    """Centre, turn and focal length of a camera that looks at `target`, `tilt` off the vertical; angles in radians."""
    away = np.array([math.sin(tilt) * math.cos(around), math.sin(tilt) * math.sin(around), math.cos(tilt)])
    forward = -away
    up = np.array([-math.sin(roll), math.cos(roll), 0.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    focal = equivalent / 43.27 * math.hypot(*size)
    return target + away * distance, np.stack([right, down, forward]), focal


@dataclass(frozen=True)
class Sheet:
    """A rectangle in space, `across` × `down` mm, flat or bent about its own vertical (or horizontal) middle line."""

    origin: Floats  # the middle
    axes: Floats  # rows: right, down, normal (towards the viewer)
    across: float
    down: float
    curve: float = 0.0  # 1 / radius in 1/mm; positive bulges towards the viewer
    upended: bool = False  # the bend runs along t instead of s

    def points(self, st: Floats) -> Floats:
        """Sheet coordinates (…, 2) to world points (…, 3)."""
        st = np.asarray(st, float) - [self.across / 2, self.down / 2]
        along, other = (st[..., 1], st[..., 0]) if self.upended else (st[..., 0], st[..., 1])
        depth = np.zeros_like(along)
        if self.curve:
            angle = along * self.curve
            along, depth = np.sin(angle) / self.curve, (np.cos(angle) - 1) / self.curve
        local = np.stack([other, along, depth] if self.upended else [along, other, depth], -1)
        return local @ self.axes + self.origin

    def coords(self, start: Floats, ways: Floats) -> Floats:
        """Where rays from `start` along `ways` (…, 3) meet the (endless) sheet: sheet coordinates (…, 2)."""
        begin = (np.asarray(start) - self.origin) @ self.axes.T
        step = ways @ self.axes.T
        begin = np.broadcast_to(begin, step.shape)
        i, j = (1, 0) if self.upended else (0, 1)
        k = self.curve
        a = k * (step[..., i] ** 2 + step[..., 2] ** 2)
        b = 2 * k * (begin[..., i] * step[..., i] + begin[..., 2] * step[..., 2]) + 2 * step[..., 2]
        c = k * (begin[..., i] ** 2 + begin[..., 2] ** 2) + 2 * begin[..., 2]
        root = np.sqrt(np.maximum(b * b - 4 * a * c, 0))
        q = -(b + np.where(b < 0, -root, root)) / 2
        near, far = c / np.where(q == 0, 1e-9, q), q / np.where(a == 0, 1e-12, a)
        depth_near, depth_far = (np.abs(begin[..., 2] + t * step[..., 2]) for t in (near, far))
        t = np.where((depth_near <= depth_far) | (k == 0), near, far)  # the wanted side of the cylinder is at the sheet
        t = np.where((t > 0) & (t < 1e5), t, 1e5)
        met = begin + t[..., None] * step
        along = met[..., i]
        if k:
            along = np.arcsin(np.clip(along * k, -1, 1)) / k
        pair = [met[..., j], along] if self.upended else [along, met[..., j]]
        return np.stack(pair, -1) + np.array([self.across / 2, self.down / 2])

    def normals(self, st: Floats) -> Floats:
        """Unit normals (…, 3) at sheet coordinates."""
        along = (st[..., 1] - self.down / 2) if self.upended else (st[..., 0] - self.across / 2)
        angle = along * self.curve
        zero = np.zeros_like(angle)
        local = np.stack(
            [zero, np.sin(angle), np.cos(angle)] if self.upended else [np.sin(angle), zero, np.cos(angle)], -1
        )
        return local @ self.axes

    def corners(self) -> Floats:
        """World points of the corners TL TR BR BL."""
        return self.points(np.array([[0, 0], [self.across, 0], [self.across, self.down], [0, self.down]]))

    def raised(self, by: float) -> Sheet:
        """The same sheet moved along its normal."""
        return replace(self, origin=self.origin + self.axes[2] * by)


def lying(x: float, y: float, angle: float, across: float, down: float, z: float = 0.0) -> Sheet:
    """A flat sheet on the table, its top turned `angle` radians anticlockwise as seen from above."""
    c, s = math.cos(angle), math.sin(angle)
    return Sheet(np.array([x, y, z]), np.array([[c, s, 0], [s, -c, 0], [0, 0, 1.0]]), across, down)


@dataclass
class Lamp:
    """A light at `place` with a colour, `radius` mm wide (soft shadows, size of its reflection)."""

    place: Floats
    colour: Floats
    strength: float
    radius: float
    mirrored: float = 1.0  # how much of it a glossy sheet shows


@dataclass
class Thing:
    """A sheet with a picture (RGBA) on it; `gloss` reflects lamps, `edge` is the colour of its thickness."""

    picture: Image.Image
    sheet: Sheet
    thick: float = 0.0
    gloss: float = 0.0
    sharpness: float = 0.05  # radians over which a lamp's reflection fades
    shadow: float = 1.0
    edge: tuple[int, int, int] | None = None
    glow: float = 0.0  # light of its own, instead of the lamps'
    blur: float = 0.0  # defocus, px
    mapped: list[Floats] = field(default_factory=list)


@dataclass
class Scene:
    """What lies in front of the camera, from the ground up."""

    camera: Camera
    ground: Thing
    things: list[Thing]
    lamps: list[Lamp]
    ambient: Floats
    veil: Image.Image | None = None  # a soft shadow of the photographer over everything: L, any size
    glare_cap: float = 0.22
    pixels: float = 0.0  # pitch of a monitor's pixels on the ground, mm

    def render(self) -> tuple[Image.Image, Image.Image, Floats | None]:
        """The surface colours, the light on them (both square-root coded RGB), and reflections (linear, H × W)."""
        size = (self.camera.width, self.camera.height)
        colours = Image.new("RGB", size)
        light = Image.new("RGB", size)
        shine: list[tuple[Box, Floats]] = []
        for place, thing in enumerate([self.ground, *self.things]):
            box = (0, 0, *size) if place == 0 else _bounds(self.camera, thing.sheet)
            if box is None:
                continue
            if thing.edge:
                self._side(thing, colours)
            layer = _warped(thing.picture, _source(self.camera, thing.sheet, thing.picture, box), box)
            if thing.blur:
                layer = _defocused(layer, thing.blur)
            mask = layer.getchannel("A") if layer.mode == "RGBA" else None
            colours.paste(layer.convert("RGB"), box, mask)
            light.paste(self._light(thing, self.things[place:], box), box, mask)
            shine_here = self._shine(thing, box) if thing.gloss else None
            if shine_here is not None:
                shine.append((box, shine_here * (np.asarray(mask, np.float32) / 255 if mask else 1)))
        return colours, light, _gathered(shine, size)

    def _side(self, thing: Thing, colours: Image.Image) -> None:
        below = thing.sheet.raised(-thing.thick)
        box = _bounds(self.camera, below)
        if box is None:
            return
        alpha = thing.picture.getchannel("A")
        mask = _warped(alpha, _source(self.camera, below, alpha, box), box)
        colours.paste(thing.edge, box, mask)

    def _points(self, sheet: Sheet, box: Box) -> tuple[Floats, Floats, Floats]:
        """On the coarse raster of a box: world points, normals, and the ways to the camera's pixels."""
        wide, high = max(2, -(-(box[2] - box[0]) // FINE)), max(2, -(-(box[3] - box[1]) // FINE))
        skip = 3 if wide * high > 40000 else 1
        xs = box[0] + (np.arange(0, wide, skip) + skip / 2) * (box[2] - box[0]) / wide
        ys = box[1] + (np.arange(0, high, skip) + skip / 2) * (box[3] - box[1]) / high
        ways = self.camera.rays(np.stack(np.meshgrid(xs, ys), -1))
        st = sheet.coords(self.camera.centre, ways)
        st = np.clip(st, -3 * max(sheet.across, 60), 4 * max(sheet.across, 60))
        return sheet.points(st), sheet.normals(st), ways

    def _light(self, thing: Thing, above: list[Thing], box: Box) -> Image.Image:
        wide, high = max(2, -(-(box[2] - box[0]) // FINE)), max(2, -(-(box[3] - box[1]) // FINE))
        if thing.glow:
            level = round(255 * math.sqrt(thing.glow / BRIGHTEST))
            return Image.new("RGB", (box[2] - box[0], box[3] - box[1]), (level,) * 3)
        points, normals, _ = self._points(thing.sheet, box)
        casters = [other for other in above if other.shadow]
        total = np.zeros((high, wide, 3), np.float32) + self.ambient.astype(np.float32)
        for other in casters:
            total *= 1 - 0.30 * other.shadow * self._shade(thing.sheet, other, None, box, (wide, high))[..., None]
        for lamp in self.lamps:
            way = lamp.place - points
            far = np.linalg.norm(way, axis=-1)
            reach = float(np.linalg.norm(lamp.place))
            lit = lamp.strength * np.maximum((way * normals).sum(-1) / far, 0) * (reach / far) ** 2
            lit = np.asarray(Image.fromarray(lit.astype(np.float32)).resize((wide, high), BICUBIC)).copy()
            for other in casters:
                lit *= 1 - 0.85 * other.shadow * self._shade(thing.sheet, other, lamp, box, (wide, high))
            total += lit[..., None] * lamp.colour.astype(np.float32)
        if self.veil is not None:
            whole = self.veil.resize((self.camera.width // FINE, self.camera.height // FINE), BICUBIC)
            limits = (*whole.size, *whole.size)
            inside = [min(v / FINE, limit) for v, limit in zip(box, limits, strict=True)]
            part = whole.resize((wide, high), BILINEAR, box=inside)
            total *= np.asarray(part, np.float32)[..., None] / 255
        coded = np.sqrt(np.clip(total / BRIGHTEST, 0, 1)) * 255
        small = Image.fromarray((coded + 0.5).astype(np.uint8))
        return small.resize((box[2] - box[0], box[3] - box[1]), BILINEAR)

    def _shade(self, onto: Sheet, other: Thing, lamp: Lamp | None, box: Box, size: tuple[int, int]) -> Floats:
        """How much of a lamp (or of the open sky) `other` takes from `onto`, 0 to 1, on the coarse raster."""
        across, down = (np.append(np.arange(0, side, 32), side) for side in size)
        xs = across * (box[2] - box[0]) / size[0] + box[0]
        ys = down * (box[3] - box[1]) / size[1] + box[1]
        ways = self.camera.rays(np.stack(np.meshgrid(xs, ys), -1))
        points = onto.points(onto.coords(self.camera.centre, ways))
        height = max(float((other.sheet.origin - onto.origin) @ onto.axes[2]), other.thick, 0.3)
        if lamp is None:
            up, spread = np.broadcast_to(onto.axes[2], points.shape), 0.9 * height + 0.4
        else:
            up, spread = lamp.place - points, height * lamp.radius / float(np.linalg.norm(lamp.place)) + 0.15
        st = other.sheet.coords(points, up)
        alpha = _small(other.picture.getchannel("A"))
        st = np.clip(st, -1e4, 1e4) * [alpha.width / other.sheet.across, alpha.height / other.sheet.down]
        mask = _mesh(alpha, st, across, down)
        pixels = spread * self.camera.focal / max(1.0, float(np.linalg.norm(self.camera.centre - onto.origin))) / FINE
        return np.asarray(_defocused(mask, max(pixels, 0.4)), np.float32) / 255

    def _shine(self, thing: Thing, box: Box) -> Floats | None:
        points, normals, ways = self._points(thing.sheet, box)
        seen = -ways / np.linalg.norm(ways, axis=-1, keepdims=True)
        mirrored = 2 * (seen * normals).sum(-1, keepdims=True) * normals - seen
        total = np.zeros(points.shape[:2], np.float32)
        for lamp in self.lamps:
            way = lamp.place - points
            far = np.linalg.norm(way, axis=-1)
            off = np.arccos(np.clip((way * mirrored).sum(-1) / far, -1, 1)) - lamp.radius / far
            total += (
                thing.gloss * lamp.mirrored * lamp.strength * np.exp(-((np.maximum(off, 0) / thing.sharpness) ** 2))
            )
        total = np.minimum(total, self.glare_cap)
        if total.max() < 0.01:
            return None
        return np.asarray(Image.fromarray(total).resize((box[2] - box[0], box[3] - box[1]), BICUBIC))


def _gathered(parts: list[tuple[Box, Floats]], size: tuple[int, int]) -> Floats | None:
    if not parts:
        return None
    whole = np.zeros((size[1], size[0]), np.float32)
    for (left, top, right, bottom), part in parts:
        whole[top:bottom, left:right] += part
    return whole


def _small(alpha: Image.Image) -> Image.Image:
    return alpha.resize((max(8, alpha.width // FINE), max(8, alpha.height // FINE)), Image.Resampling.BOX)


def _defocused(picture: Image.Image, radius: float) -> Image.Image:
    """A Gaussian blur; a wide one is done on a smaller copy."""
    if radius < 6:
        return picture.filter(ImageFilter.GaussianBlur(radius))
    scale = radius / 3
    small = picture.resize(
        (max(2, round(picture.width / scale)), max(2, round(picture.height / scale))), Image.Resampling.BOX
    )
    return small.filter(ImageFilter.GaussianBlur(3)).resize(picture.size, BICUBIC)


def _bounds(camera: Camera, sheet: Sheet) -> Box | None:
    """The pixels a sheet can touch, or None when it is outside the photo."""
    steps = np.linspace(0, 1, 9)
    rim = np.concatenate([[(s, 0), (s, 1), (0, s), (1, s)] for s in steps]) * [sheet.across, sheet.down]
    flat = camera.project(sheet.points(rim))
    left, top = np.floor(flat.min(0)).astype(int) - 2
    right, bottom = np.ceil(flat.max(0)).astype(int) + 2
    box = (max(left, 0), max(top, 0), min(right, camera.width), min(bottom, camera.height))
    return tuple(int(v) for v in box) if box[2] - box[0] > 4 and box[3] - box[1] > 4 else None  # type: ignore[return-value]


def _source(camera: Camera, sheet: Sheet, picture: Image.Image, box: Box) -> tuple[Floats, Floats, Floats]:
    xs = np.append(np.arange(box[0], box[2], CELL), box[2]).astype(float)
    ys = np.append(np.arange(box[1], box[3], CELL), box[3]).astype(float)
    st = sheet.coords(camera.centre, camera.rays(np.stack(np.meshgrid(xs, ys), -1)))
    if picture.mode == "RGB":  # the ground has no end: its picture is continued by its rim
        st = np.clip(st, [0.01, 0.01], [sheet.across - 0.01, sheet.down - 0.01])
    return (
        np.clip(st, -1e5, 1e5) * [picture.width / sheet.across, picture.height / sheet.down],
        xs - box[0],
        ys - box[1],
    )


def _warped(picture: Image.Image, source: tuple[Floats, Floats, Floats], box: Box) -> Image.Image:
    grid, xs, ys = source
    return _mesh(picture, grid, xs, ys)


def _mesh(picture: Image.Image, grid: Floats, xs: Floats, ys: Floats) -> Image.Image:
    """The picture drawn so that output (xs[i], ys[j]) shows source point grid[j, i]."""
    across, down = xs.astype(int).tolist(), ys.astype(int).tolist()
    quads = np.concatenate([grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]], -1).tolist()
    cells = [
        ((across[i], down[j], across[i + 1], down[j + 1]), quads[j][i])
        for j in range(len(down) - 1)
        for i in range(len(across) - 1)
    ]
    return picture.transform((across[-1], down[-1]), Image.Transform.MESH, cells, BILINEAR)


@dataclass
class Development:
    """How the phone turns light into a picture: gains, exposure, tone, noise, sharpening, focus."""

    exposure: float = 0.72  # brightness (0 to 1, display) that the middle of the photo gets
    fixed: float = 1.0  # a mistake of exposure on top, ×
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vignette: float = 0.2
    contrast: float = 0.25
    local: float = 0.25
    noise: float = 0.012
    softness: float = 0.5  # blur of the lens, px
    lean: float = 0.0  # further blur at one side, px
    side: float = 0.0  # direction of that side, radians
    halo: float = 0.8
    halo_radius: float = 1.8
    flare: float = 0.0  # light that the lens scatters over everything, linear
    streak: tuple[float, float] | None = None  # shake of the hand, px


_LINEAR = ((np.arange(65536) / 65025.0) ** 2).astype(np.float32)  # two square-root codes multiplied, back to light


def developed(scene: Scene, how: Development, rng: np.random.Generator, middle: Floats) -> Image.Image:
    """The finished RGB picture; `middle` is the image point the phone's exposure looks at."""
    colours, light, shine = scene.render()
    values = _LINEAR[np.asarray(colours).astype(np.uint16) * np.asarray(light)] * np.float32(BRIGHTEST)
    if scene.pixels:
        _strike(values, scene)
    high, wide = values.shape[:2]
    small = values[4::8, 4::8].mean(-1)
    if shine is not None:
        values += shine[..., None]
    gain = _exposure(small, how, middle / 8)
    base = gaussian_filter(small * gain, wide / 130)
    tone = np.clip((base + 0.02) / 0.35, 0.05, 8) ** -how.local * gain * how.fixed * _falloff(small.shape, how.vignette)
    tone = np.asarray(Image.fromarray(tone.astype(np.float32)).resize((wide, high), BILINEAR))
    for channel in range(3):
        values[..., channel] *= tone * np.float32(how.balance[channel])
    values += np.float32(how.flare)
    np.sqrt(np.clip(values, 0, 1, out=values), out=values)
    picture = Image.fromarray((values * 255 + 0.5).astype(np.uint8))
    if how.streak:
        picture = _shaken(picture, *how.streak)
    if how.softness > 1.5:
        picture = _defocused(picture, how.softness)
    return _finished(picture, how, rng)


def _strike(values: Floats, scene: Scene) -> None:
    """Multiply by a monitor's stripes of red, green and blue, seen by the camera's own raster: fine grid or moiré."""
    camera, step = scene.camera, 8
    xs, ys = np.arange(0, camera.width + step, step), np.arange(0, camera.height + step, step)
    st = scene.ground.sheet.coords(camera.centre, camera.rays(np.stack(np.meshgrid(xs, ys), -1))) / scene.pixels
    per_pixel = abs(float(st[len(ys) // 2, len(xs) // 2, 0] - st[len(ys) // 2, len(xs) // 2 - 1, 0])) / step
    depth = 0.55 * math.exp(-((per_pixel / 0.55) ** 2))
    share = (np.arange(step) + 0.5) / step
    phases = []
    for axis in (0, 1):
        grid = st[..., axis]
        rows = grid[:-1, None, :] * (1 - share)[None, :, None] + grid[1:, None, :] * share[None, :, None]
        rows = rows.reshape(-1, grid.shape[1])[: camera.height]
        whole = rows[:, :-1, None] * (1 - share) + rows[:, 1:, None] * share
        whole = whole.reshape(camera.height, -1)[:, : camera.width]
        phases.append(((whole % 1) * (2 * math.pi)).astype(np.float32))
    lines = 1 + depth * 0.5 * np.cos(phases[1])
    for channel in range(3):
        values[..., channel] *= (1 + depth * np.cos(phases[0] + np.float32(channel * 2.094))) * lines


def _exposure(small: Floats, how: Development, middle: Floats) -> float:
    high, wide = small.shape
    x, y = int(np.clip(middle[0], 0, wide - 1)), int(np.clip(middle[1], 0, high - 1))
    reach = max(4, wide // 6)
    near = small[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
    wanted = how.exposure**2
    measured = 0.6 * float(np.percentile(near, 80)) + 0.4 * float(np.percentile(small, 85))
    return wanted / max(measured, 1e-4)


def _falloff(shape: tuple[int, ...], depth: float) -> Floats:
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return 1 - depth * (x * x + y * y) / 2


def _focused(luma: Image.Image, how: Development) -> Image.Image:
    """Brightness through the lens: everywhere a little soft, more so at one side (colour is coarse anyway)."""
    if 0.3 < how.softness <= 1.5:
        luma = _defocused(luma, how.softness)
    if how.lean > 0.3:
        y, x = np.mgrid[-1:1:64j, -1:1:64j]
        ramp = np.clip((x * math.cos(how.side) + y * math.sin(how.side)) * 160 + 60, 0, 255).astype(np.uint8)
        mask = Image.fromarray(ramp).resize(luma.size, BILINEAR)
        luma = Image.composite(_defocused(luma, how.lean), luma, mask)
    return luma


def _shaken(picture: Image.Image, dx: float, dy: float) -> Image.Image:
    """The mean of the picture along a slightly uneven path of (dx, dy) px, by doubling the steps."""
    rest = picture
    for step in (0.5, 0.25, 0.125, 0.0625, 0.03125):
        x, y = round(dx * step), round(dy * step)
        if x or y:
            rest = Image.blend(rest, ImageChops.offset(rest, x, y), 0.5)
    return rest


def _finished(picture: Image.Image, how: Development, rng: np.random.Generator) -> Image.Image:
    """Noise, its removal by the phone, sharpening with halos, and the tone curve."""
    luma, blue, red = picture.convert("YCbCr").split()
    values = np.asarray(_focused(luma, how))
    grain = rng.standard_normal((values.shape[0] + 1, values.shape[1] + 1), dtype=np.float32)
    grain = (grain[1:, 1:] + grain[:-1, 1:] + grain[1:, :-1] + grain[:-1, :-1]) * np.float32(
        0.4
    )  # the phone smoothed it
    grain *= (how.noise * 255 * (0.35 + 0.9 * np.sqrt(np.arange(256) / 255))).astype(np.float32)[values]
    fine = Image.fromarray(np.clip(grain + values, 0, 255).astype(np.uint8))
    curve = np.arange(256) / 255.0
    curve = curve + how.contrast * (curve - 0.5) * curve * (1 - curve) * 2.2
    lookup = (np.clip(curve, 0, 1) * 255 + 0.5).astype(np.uint8).tolist()
    fine = fine.filter(ImageFilter.UnsharpMask(how.halo_radius, round(how.halo * 100), 2)).point(lookup)
    return Image.merge("YCbCr", (fine, _mottled(blue, how, rng), _mottled(red, how, rng))).convert("RGB")


def _mottled(channel: Image.Image, how: Development, rng: np.random.Generator) -> Image.Image:
    spots = rng.standard_normal((channel.height // 6, channel.width // 6), dtype=np.float32) * how.noise * 120
    spread = Image.fromarray(np.clip(spots + 128, 0, 255).astype(np.uint8)).resize(channel.size, BILINEAR)
    return ImageChops.add(channel, spread, 1, -128)
