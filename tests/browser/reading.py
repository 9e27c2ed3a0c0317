"""What a person can read on a page: measured in the page itself, from its computed styles."""

from typing import Any

from playwright.sync_api import Locator

CARD = 'div[style*="border-left"]'  # the frame that every card has, trusted or not

_CONTRASTS = """
(root) => {
    const parts = (colour) => {
        const [r, g, b, a = 1] = colour.match(/[0-9.]+/g).map(Number);
        return [r, g, b, a];
    };
    const over = ([r, g, b, a], below) =>
        [r, g, b].map((one, i) => one * a + below[i] * (1 - a));
    const up = (element) => {
        const found = [];
        for (let one = element; one; one = one.parentElement) found.push(one);
        return found;
    };
    const ground = (element) => up(element).reverse().reduce(
        (below, one) => over(parts(getComputedStyle(one).backgroundColor), below),
        [255, 255, 255]);
    const light = (colour) => {
        const [r, g, b] = colour.map((one) => {
            const part = one / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const rows = [];
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const words = text.textContent.trim(), element = text.parentElement;
        if (!words) continue;
        const below = ground(element);
        const [r, g, b, a] = parts(getComputedStyle(element).color);
        const opacity = up(element).reduce(
            (product, one) => product * Number(getComputedStyle(one).opacity), a);
        const [one, two] = [light(over([r, g, b, opacity], below)), light(below)];
        const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
        rows.push([element.tagName.toLowerCase(), words.slice(0, 40), contrast]);
    }
    return rows;
}
"""


def contrasts(place: Locator) -> list[tuple[str, str, float]]:
    """Give tag, first words and contrast with what lies behind of every text, opacity included."""
    return [(tag, words, value) for tag, words, value in place.evaluate(_CONTRASTS)]


def overflowing(place: Locator) -> list[Any]:
    """Name what is wider than the room it has, so that it is cut off or needs scrolling."""
    rows: list[Any] = place.evaluate(
        """(root) => [root, ...root.querySelectorAll("*")]
            .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
            .map((one) => [one.tagName.toLowerCase(), one.textContent.trim().slice(0, 40)])"""
    )
    return rows


def makeup(card: Locator) -> list[list[str]]:
    """Give tag, style, alternative text and own words of all that an output is made of."""
    rows: list[list[str]] = card.evaluate(
        """(root) => [...root.querySelectorAll("*")].map((one) => [
            one.tagName.toLowerCase(), one.style.cssText, one.alt ?? "",
            [...one.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE)
                .map((child) => child.textContent).join(""),
        ])"""
    )
    return rows


def meters(place: Locator) -> list[tuple[str, float]]:
    """Give what stands beside each meter, and how much of its room it fills, in percent."""
    rows = place.evaluate(
        """(root) => [...root.querySelectorAll('span[style*="border-top"]')].map((one) => {
            const style = getComputedStyle(one.parentElement);
            const room = one.parentElement.clientWidth
                - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
            const said = one.parentElement.nextSibling.textContent.trim();
            return [said, 100 * one.getBoundingClientRect().width / room];
        })"""
    )
    return [(said, share) for said, share in rows]
