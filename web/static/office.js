// A chosen file is named beside its button; nothing else.
document.addEventListener("change", (event) => {
  const place = event.target.dataset && event.target.dataset.says;
  if (place) document.getElementById(place).textContent = [...event.target.files].map((file) => file.name).join("、");
});
