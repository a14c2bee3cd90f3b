"""Two letters put together, thousands of times at random: no word is lost, and none stands twice for nothing."""

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CASES = 3000
PUT_TOGETHER = """async (cases) => {
    const { merge } = await import("/static/studio/composer/merge.js");
    let seed = 7;
    const draw = (most) => (seed = (seed * 48271) % 2147483647) % most;
    let names = 0;
    const block = () => ({ id: `b${(names += 1)}`, type: "text", text: `w${names}` });
    const letter = () => ({ subject: "s", preheader: "p", blocks: Array.from({ length: draw(6) }, block) });
    const acts = [
        (blocks) => blocks.toSpliced(draw(blocks.length + 1), 0, block()),
        (blocks) => blocks.toSpliced(draw(blocks.length || 1), 1),
        (blocks) => blocks.map((one) => (draw(3) ? one : { ...one, text: `w${(names += 1)}` })),
        (blocks) => blocks.toSorted(() => draw(3) - 1),
        (blocks) => blocks,
    ];
    const line = (words) => (draw(3) ? words : `l${(names += 1)}`);
    const written = (from) => {
        let { blocks } = from;
        for (let n = draw(4); n > 0; n -= 1) blocks = acts[draw(acts.length)](blocks);
        return { subject: line(from.subject), preheader: line(from.preheader), blocks };
    };
    const texts = ({ blocks }) => blocks.map(({ text }) => text);
    const byId = ({ blocks }) => new Map(blocks.map((one) => [one.id, one.text]));
    const wrong = [];
    for (let n = 0; n < cases; n += 1) {
        const base = letter();
        const [mine, theirs] = [written(base), written(base)];
        const { letter: both, lines } = merge({ letter: base, kept: base }, mine, theirs);
        const [was, own, other] = [base, mine, theirs].map(byId);
        const say = (what) => wrong.push([what, base, mine, theirs, both]);
        const said = texts(both);
        for (const side of [own, other]) {
            for (const [id, text] of side) if (was.get(id) !== text && !said.includes(text)) say(`lost ${text}`);
        }
        for (const [id, text] of was) {
            const stands = [own, other].map((side) => side.get(id));
            const isGone = stands.includes(undefined) && stands.every((now) => (now ?? text) === text);
            const isLeft = stands.every((now) => now === text);
            if (isGone && said.includes(text)) say(`came back ${text}`);
            if (isLeft && said.filter((one) => one === text).length !== 1) say(`not once ${text}`);
        }
        if (new Set(both.blocks.map(({ id }) => id)).size !== both.blocks.length) say("two of one id");
        if (new Set(said).size !== said.length) say("twice");
        for (const name of ["subject", "preheader"]) {
            const heard = new Set([both[name], lines[name]]);
            if ([mine, theirs].some((side) => side[name] !== base[name] && !heard.has(side[name]))) say(`lost ${name}`);
        }
        const alone = merge({ letter: base, kept: base }, mine, base).letter;
        if (JSON.stringify(alone) !== JSON.stringify(mine)) say("changed by nobody");
        const caughtUp = merge({ letter: theirs, kept: theirs }, theirs, both).letter;
        if (JSON.stringify(caughtUp) !== JSON.stringify(both)) say("they do not come to the same");
    }
    return wrong.slice(0, 3);
}"""


def test_of_two_letters_put_together_no_word_is_lost(page: Page, demo: dict[str, str]) -> None:
    page.goto(demo["studio"])

    assert page.evaluate(PUT_TOGETHER, CASES) == []
