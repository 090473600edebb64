"""Check: everything there is to say against an edition before anybody gets it. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model.edition import Edition, EditionId
from digest.model.errors import RenderFailed
from digest.model.finding import Finding
from digest.ports import App
from digest.render.surroundings import Surroundings, check_surroundings
from digest.workflow.edition.linkcheck import check_links
from digest.workflow.edition.review import proof, require
from digest.workflow.newsletters import newsletter_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An edition and what was found, the blockers first."""

    edition: Edition
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """True where an automatic send must not happen."""
        return any(finding.blocks for finding in self.findings)


def check_edition_now(app: App, edition: EditionId, *, links: bool = True) -> Checked:
    """Render every variant, run every check, and with `links` follow every link."""
    newsletter = newsletter_of(app, edition.newsletter)
    with app.read() as tx:
        found = require(tx, edition)
    tested = check_links(app, found) if links else ()
    try:
        findings = list(proof(app, edition).findings)
    except RenderFailed as error:
        findings = [
            Finding(
                id="template",
                severity="blocker",
                message=f"It cannot be rendered: {error}.",
                fix="Mend the template, or take the block out.",
            )
        ]
    findings += check_surroundings(found, newsletter, Surroundings(links=tested))
    return Checked(edition=found, findings=tuple(sorted(findings, key=lambda finding: not finding.blocks)))
