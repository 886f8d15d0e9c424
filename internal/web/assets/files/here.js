// The answer to a form that is to be mended takes the address where a plain request shows the same page. Otherwise the
// Back button would ask to send the form again, or say that it cannot.
{
  const { here } = document.body.dataset;
  if (here) history.replaceState(null, "", here);
}
