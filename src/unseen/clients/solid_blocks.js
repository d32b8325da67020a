// Before any script of the page, in every frame: what can show a picture is a solid grey block.
// Pictures from the network are grey already and inline ones are not loaded; this is for what scripts draw.
(() => {
  const style = new CSSStyleSheet();
  style.replaceSync(`
    img, video, canvas, svg image, object, embed {
      filter: contrast(0) !important; background: #808080 !important; opacity: 1 !important;
      mask: none !important; clip-path: none !important;
    }
  `);
  const cover = (root) => { root.adoptedStyleSheets = [...root.adoptedStyleSheets, style]; };
  cover(document);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (...how) {
    const root = attach.apply(this, how);
    cover(root);
    return root;
  };
})();
