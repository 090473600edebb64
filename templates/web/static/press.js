// Presses the one button of a page that has nothing else to ask. Without script somebody presses it.

document.querySelector("form[data-press]")?.requestSubmit();
