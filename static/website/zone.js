// Tells forms the browser's time zone, and shows free times in it. Everything works without this file.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) {
  for (const input of document.querySelectorAll('input[name="time_zone"]')) {
    if (!input.value) input.value = zone;
  }
  const guess = document.querySelector("[data-zone-guess]");
  if (guess && guess.dataset.zoneGuess !== zone) {
    location.replace(`?tz=${encodeURIComponent(zone)}`);
  }
}
