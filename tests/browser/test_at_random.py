"""What the composer does with words, thousands of times at random: none is lost, and none stands twice for nothing.

The page is empty but for the composer's own modules, taken from where they lie.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
HERE = "http://127.0.0.1:9"
EMPTY = '<!doctype html><html lang="en"><div id="composer" data-csrf="x" data-me="1" data-email="1"></div>'
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
SAVED = """async ([seed, writers, steps]) => {
    const modules = ["saving", "store", "letter"].map((name) => import(`/static/studio/composer/${name}.js`));
    const [{ Saving }, { Store }, { toDocument }] = await Promise.all(modules);
    const draw = (most) => (seed = (seed * 48271) % 2147483647) % most;
    const text = (id, words) => ({ id, type: "text", text: words });
    const began = () => ({ subject: "", preheader: "", blocks: [text("aaaaaaaa", "a"), text("bbbbbbbb", "b")] });
    const server = { version: 1, said: toDocument(began()) };
    let isBad = true;
    window.fetch = async (_url, { body }) => {
        const luck = isBad ? draw(4) : 3;
        if (luck === 0) throw new TypeError("lost on its way");
        const { version, ...said } = JSON.parse(body);
        const isSame = JSON.stringify(said) === JSON.stringify(server.said);
        const isLate = !isSame && version !== server.version;
        if (!isSame && !isLate) Object.assign(server, { said, version: version + 1 });
        if (luck === 1) throw new TypeError("the answer is lost");
        const answer = JSON.stringify({ ...server.said, version: server.version, saved: "", by: "Sam", mine: false });
        return new Response(answer, { status: isLate ? 409 : 200, headers: { "content-type": "application/json" } });
    };
    const typed = [];
    const word = () => typed[typed.push(`w${typed.length}.`) - 1];
    const people = Array.from({ length: writers }, (_, who) => {
        const store = new Store(began());
        return { who, store, saving: new Saving(store, 1, { url: "/kept" }) };
    });
    const write = (store, blocks) => store.act({ ...store.letter, blocks });
    const acts = [
        ({ store }) => {
            const at = draw(store.letter.blocks.length);
            write(store, store.letter.blocks.map((one, n) => (n === at ? { ...one, text: one.text + word() } : one)));
        },
        ({ store, who }) => write(store, [...store.letter.blocks, text(`n${who}${typed.length}`, word())]),
        ({ saving }) => saving.now(),
        ({ saving }) => void saving.now(),
        ({ saving }) => saving.base.version < server.version && saving.look(),
    ];
    for (let step = 0; step < steps; step += 1) await acts[draw(acts.length)](people[draw(writers)]);
    isBad = false;
    for (const { saving } of [...people, ...people, ...people]) {
        await new Promise((done) => setTimeout(done));
        await saving.settled();
        if (saving.base.version < server.version) await saving.look();
        await saving.settled();
    }
    const kept = JSON.stringify(server.said.document.blocks);
    return {
        lost: typed.filter((one) => !kept.includes(one)),
        twice: typed.filter((one) => writers === 1 && kept.split(one).length > 2),
        apart: people.filter(({ store }) => JSON.stringify(store.letter.blocks) !== kept).map(({ who }) => who),
    };
}"""


@pytest.fixture
def empty(browser: Browser) -> Iterator[Page]:
    """Nothing of it comes from a server."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HERE).lstrip("/")
        if path.startswith("static/"):
            route.fulfill(path=ROOT / path)
        else:
            route.fulfill(body=EMPTY, content_type="text/html")

    page = browser.new_page()
    page.route("**/*", answer)
    page.goto(HERE)
    yield page
    page.context.close()


def test_of_two_letters_put_together_no_word_is_lost(empty: Page) -> None:
    assert empty.evaluate(PUT_TOGETHER, CASES) == []


@pytest.mark.parametrize("writers", [1, 2, 3])
def test_whatever_a_connection_loses_no_word_is_lost_and_all_come_to_the_same(writers: int, empty: Page) -> None:
    """Of one who writes alone no word stands twice; of two who change one block at once each one's words do."""
    for seed in range(1, 21):
        found = empty.evaluate(SAVED, [seed * 7919, writers, 60])
        assert found == {"lost": [], "twice": [], "apart": []}, f"seed {seed}"
