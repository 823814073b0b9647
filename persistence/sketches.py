"""Which texts and pictures are nearly the same as those of another finding, among a million of them.

A sketch is a short signature; it stands in a few bands, and whoever shares a band with it may be its likeness. The
index follows the findings: `refresh` brings the sketches of one finding up to date and touches what changed only.
Boilerplate is left out before (`cases.boilerplate`); whether a likeness is allowed, the loader of signals decides.
"""

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Executable, Row, bindparam, delete, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect

from cases.boilerplate import without_boilerplate
from cases.evidence_facts import FactKind
from cases.likeness import bare
from persistence import minhash
from persistence.evidence_facts import texts_of
from persistence.insertion import insert_new
from persistence.tables import bands, evidence, evidence_facts, measures, sketches

LEAST_CHARACTERS = 10  # of the bare text: what is shorter is like everything
Change = tuple[Executable, list[dict[str, Any]] | None]
MOST_IN_A_BAND = 500  # who shares a band with so many shares a form with them; other bands tell a copy apart
MOST_CANDIDATES = 400  # those that share the rarest bands


@dataclass(frozen=True, slots=True)
class Sketch:
    """A text or a picture of a finding that may stand in the index."""

    kind: str  # measure, evidence, photo
    owner_id: int
    text: str = ""
    phash: str = ""  # 16 hex digits

    @property
    def mark(self) -> str:
        """What makes it the same sketch: nothing is done when this has not changed."""
        return hashlib.sha256((self.phash or bare(self.text)).encode()).hexdigest()

    @property
    def signature(self) -> bytes:
        """The signature of the text, or the hash of the picture."""
        return bytes.fromhex(self.phash) if self.phash else minhash.signature(bare(self.text))


@dataclass(frozen=True, slots=True)
class Near:
    """A sketch of another place that is near; *score* in percent for texts, in differing bits for pictures."""

    owner_id: int
    finding_id: int
    unit_id: int
    score: int


def sketches_of(conn: Connection, finding_id: int) -> list[Sketch]:
    """Return what of a finding belongs into the index: its measures, the texts and the pictures of its evidence."""
    told = conn.execute(select(measures.c.id, measures.c.text).where(measures.c.finding_id == finding_id)).all()
    found = [Sketch("measure", row.id, text=row.text) for row in told if len(bare(row.text)) >= LEAST_CHARACTERS]
    live = conn.execute(
        select(evidence.c.id, evidence.c.sha256).where(
            evidence.c.finding_id == finding_id, evidence.c.withdrawn_at.is_(None)
        )
    ).all()
    contents = {row.sha256 for row in live}
    texts = {sha256: without_boilerplate(text) for sha256, text in texts_of(conn, contents).items()}
    pictures = phashes_of(conn, contents)
    for row in live:
        if row.sha256 in pictures:
            found.append(Sketch("photo", row.id, phash=pictures[row.sha256]))
        elif len(bare(texts.get(row.sha256, ""))) >= LEAST_CHARACTERS:
            found.append(Sketch("evidence", row.id, text=texts[row.sha256]))
    return found


def phashes_of(conn: Connection, sha256s: Iterable[str]) -> dict[str, str]:
    """Return the perceptual hash of each content that is a picture."""
    query = select(evidence_facts.c.sha256, evidence_facts.c.value).where(
        evidence_facts.c.sha256.in_(sorted(sha256s)), evidence_facts.c.kind == FactKind.PHASH
    )
    return {row.sha256: row.value for row in conn.execute(query)}


def renewal(conn: Connection, finding_id: int, unit_id: int) -> list[Change]:
    """Return what has to be written so that the index knows the finding as it is now; nothing where it does."""
    wanted = {(sketch.kind, sketch.owner_id): sketch for sketch in sketches_of(conn, finding_id)}
    kept = conn.execute(select(sketches).where(sketches.c.finding_id == finding_id)).all()
    fresh = {(row.kind, row.owner_id) for row in kept if _is_fresh(row, wanted.get((row.kind, row.owner_id)), unit_id)}
    gone = [row for row in kept if (row.kind, row.owner_id) not in fresh]
    new = [sketch for key, sketch in wanted.items() if key not in fresh]
    return [*_deletions(gone), *_insertions(conn, finding_id, unit_id, new)]


def refresh(conn: Connection, finding_id: int, unit_id: int) -> int:
    """Bring the sketches of one finding up to date in a write transaction; return how many statements that took."""
    changes = renewal(conn, finding_id, unit_id)
    for statement, rows in changes:
        conn.execute(statement, rows) if rows is not None else conn.execute(statement)
    return len(changes)


def _is_fresh(row: Row[Any], sketch: Sketch | None, unit_id: int) -> bool:
    return sketch is not None and sketch.mark == row.text_sha256 and row.unit_id == unit_id


def _deletions(gone: Iterable[Row[Any]]) -> list[Change]:
    """Return how sketches leave the index; where they stand in it is worked out from their signatures."""
    changes: list[Change] = [
        (
            delete(bands).where(bands.c.band.in_(minhash.bands(row.kind, row.signature)), bands.c.sketch_id == row.id),
            None,
        )
        for row in gone
    ]
    ids = [row.id for row in gone]
    return [*changes, (delete(sketches).where(sketches.c.id.in_(ids)), None)] if ids else []


def _insertions(conn: Connection, finding_id: int, unit_id: int, new: Iterable[Sketch]) -> list[Change]:
    """Return how sketches come into the index; who draws the same at the same time finds them there and goes on."""
    rows, places = [], []
    for sketch in new:
        sketch_id, signed = _id_of(sketch, unit_id), sketch.signature
        rows.append(
            {
                "id": sketch_id,
                "kind": sketch.kind,
                "owner_id": sketch.owner_id,
                "finding_id": finding_id,
                "unit_id": unit_id,
                "text_sha256": sketch.mark,
                "signature": signed,
            }
        )
        places += [{"band": band, "sketch_id": sketch_id} for band in minhash.bands(sketch.kind, signed)]
    return [(insert_new(conn, sketches), rows), (insert_new(conn, bands), places)] if rows else []


def _id_of(sketch: Sketch, unit_id: int) -> int:
    """Return the id by content: two that draw the same sketch write the same rows. 63 bits."""
    drawn = f"{sketch.kind} {sketch.owner_id} {unit_id} {sketch.mark}"
    return int.from_bytes(hashlib.sha256(drawn.encode()).digest()[:8], "big") >> 1


@cache
def _sharing(many: int) -> CompoundSelect[Any]:
    """Return the query for who stands in *many* bands, of each band no more than are needed. Built once: it is long."""
    return union_all(
        *(
            select(
                select(bands.c.band, bands.c.sketch_id)
                .where(bands.c.band == bindparam(f"band{n}", type_=BigInteger))
                .limit(MOST_IN_A_BAND)
                .subquery()
            )
            for n in range(many)
        )
    )


_candidates = select(
    sketches.c.id, sketches.c.owner_id, sketches.c.finding_id, sketches.c.unit_id, sketches.c.signature
).where(sketches.c.id.in_(bindparam("ids", expanding=True)))


def near(conn: Connection, sketch: Sketch, *, least: int) -> list[Near]:
    """Return who is near *sketch*, the nearest first, itself left out.

    *least*: the smallest similarity in percent of a text, which is estimated to five percent, or the most differing
    bits of a picture, which are exact.
    """
    signed = sketch.signature
    rows = list(conn.execute(_candidates, {"ids": _likeliest(conn, minhash.probes(sketch.kind, signed))}))
    photo = sketch.kind == "photo"
    if photo:
        scores = [minhash.bits_apart(signed, row.signature) for row in rows]
    else:
        scores = minhash.likenesses(signed, [row.signature for row in rows])
    found = [
        Near(row.owner_id, row.finding_id, row.unit_id, score)
        for row, score in zip(rows, scores, strict=True)
        if row.owner_id != sketch.owner_id and (score <= least if photo else score >= least)
    ]
    return sorted(found, key=lambda other: (other.score if photo else -other.score, other.owner_id))


def _likeliest(conn: Connection, probed: list[int]) -> list[int]:
    """Return who shares bands, those first that share rare ones: thousands that share a form hide no copy."""
    sharing: Mapping[int, list[int]] = defaultdict(list)
    for band, sketch_id in conn.execute(_sharing(len(probed)), {f"band{n}": band for n, band in enumerate(probed)}):
        sharing[band].append(sketch_id)
    weights: dict[int, float] = defaultdict(float)
    for in_band in sharing.values():
        for sketch_id in in_band:
            weights[sketch_id] += 1 / len(in_band)
    return heapq.nlargest(MOST_CANDIDATES, weights, key=weights.__getitem__)
