// Nothing moves under the pointer: what would shift the page waits until nobody is pressing on it.

let isDown = false;
let waiting = [];

function released() {
  // After the click that follows.
  setTimeout(() => {
    isDown = false;
    const ready = waiting;
    waiting = [];
    for (const done of ready) done();
  });
}

addEventListener("pointerdown", () => (isDown = true), true);
addEventListener("pointerup", released, true);
addEventListener("pointercancel", released, true);

/** @returns {Promise<void>} */
export const handsOff = () => (isDown ? new Promise((done) => waiting.push(done)) : Promise.resolve());
