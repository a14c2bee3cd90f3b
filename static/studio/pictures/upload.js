// Send one picture to the library, saying how far it is; and catch pictures that are dropped or pasted.

const WATCHED = /^image\//;

/**
 * Upload one file. `words` are the page's translated sentences: away, signedOut.
 * @param {string} url
 * @param {File} file
 * @param {{csrf: string, words: {away: string, signedOut: string}, progress?: (share: number) => void}} options
 * @returns {Promise<{picture?: object, why?: string}>}
 */
export function upload(url, file, { csrf, words, progress = () => {} }) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file, file.name || "pasted.png");
    request.open("POST", url);
    request.setRequestHeader("X-CSRFToken", csrf);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status === 201) done({ picture: request.response });
      else if (request.status === 401 || request.status === 403) done({ why: words.signedOut });
      else done({ why: request.response?.why || words.away });
    });
    request.addEventListener("error", () => done({ why: words.away }));
    request.send(form);
  });
}

/** The files of a drop or a paste; none when it is words. */
export function filesOf(transfer) {
  return [...(transfer?.files ?? [])];
}

/** Call `take` with files that are dropped on `zone` or pasted anywhere; words that bring a picture stay words in a field. */
export function catchFiles(zone, take) {
  let depth = 0;
  const over = (open) => zone.classList.toggle("is-over", open);
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  zone.addEventListener("dragenter", () => over(++depth > 0));
  zone.addEventListener("dragleave", () => over(--depth > 0));
  zone.addEventListener("drop", (event) => {
    depth = 0;
    over(false);
    const files = filesOf(event.dataTransfer);
    if (files.length) take(files);
  });
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea") && event.clipboardData.types.includes("text/plain")) return;
    const files = filesOf(event.clipboardData).filter((file) => WATCHED.test(file.type));
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
}
