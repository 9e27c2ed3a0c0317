"""What axe-core, the checker of accessibility, says of a part of a page."""

from importlib.resources import files

from playwright.sync_api import Locator

from tests.browser.lab import within

_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_LONG = 6_000  # pixels; what lies outside the window axe takes for hidden, and passes
# So it does with everything in JupyterLab, whose body has no height of its own
_BEGIN = """
document.body.style.minHeight = "100vh";
document.activeElement.blur();
const panes = [...document.querySelectorAll(".jp-WindowedPanel-outer")];
const shown = () => panes.filter((one) => one.clientHeight > 0);
await until("long", () => shown().every((one) => one.clientHeight > values[0] - 400));
shown().forEach((one) => { one.scrollTop = 0; });
await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
"""
_RUN = """
async (root) => {
    const found = await axe.run(root, {elementRef: true});
    const say = (rule, node, why) => `${rule}: ${node.html.slice(0, 120)} (${why.join("; ")})`;
    const broken = found.violations.flatMap((rule) => rule.nodes.map((node) => say(
        rule.id, node, [...node.any, ...node.all, ...node.none].map((one) => one.message))));
    const missed = found.passes.filter((rule) => rule.id === "color-contrast")
        .flatMap((rule) => rule.nodes)
        .filter((node) => node.any.some((one) => one.data?.messageKey === "hidden"))
        .filter((node) => node.element.checkVisibility({visibilityProperty: true}))
        .filter((node) => node.element.type !== "file")  // ours has no looks; its label has them
        .map((node) => say("not looked at", node, []));
    return [...broken, ...missed];
}
"""


def violations(*places: Locator) -> list[str]:
    """Say of each element in *places* that breaks a rule which one, and how."""
    found: set[str] = set()
    page = places[0].page
    size = page.viewport_size
    assert size is not None
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_AXE)
    page.set_viewport_size({"width": size["width"], "height": _LONG})
    within(page, _BEGIN, _LONG)
    for place in places:
        for one in place.all():
            found.update(one.evaluate(_RUN))
    page.evaluate("() => { document.body.style.minHeight = ''; }")
    page.set_viewport_size(size)
    return sorted(found)
