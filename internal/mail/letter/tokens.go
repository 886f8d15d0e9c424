package letter

import "strings"

// The colours and type of a letter: those tokens of the pages that a mail can use.
// The template names them by $name and states neither a colour nor a size of type
// itself.
var tokens = []struct{ name, light, dark string }{
	{"ground", "#F5F2EB", "#131618"},
	{"surface", "#FFFDF9", "#1B1F22"},
	{"sunk", "#ECE8DE", "#0E1112"},
	{"line", "#D9D3C6", "#333A3F"},
	{"edge", "#837B6C", "#7E878D"},
	{"ink2", "#565A5E", "#A8AEB3"},
	{"ink", "#1E2124", "#ECE9E2"},
	{"brass", "#A8741A", "#D8A446"},
	{"waitwash", "#FBEFD5", "#2E240F"},
	{"stop", "#A3261C", "#F2978D"},
}

const (
	serif = "Charter,'Bitstream Charter','Sitka Text',Cambria,Georgia,serif"
	sans  = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif"
	mono  = "ui-monospace,'SF Mono','Cascadia Mono',Menlo,Consolas,monospace"
)

// Each is declarations of style. A table cell states its family, because some mail
// programs let none into a table; what stands in the cell inherits it.
var types = []struct{ name, style string }{
	{"brandtype", "font:600 17px/26px " + serif},
	{"h1", "font:600 24px/30px " + serif},
	{"body", "font:17px/26px " + sans},
	{"word", "font:600 17px/24px " + sans}, // on a button
	{"small", "font:14px/20px " + sans},
	{"code", "font:600 32px/40px " + mono},
	{"link", "font:14px/20px " + mono},
	{"seal", "font:13px/20px " + mono},
	{"hint", "font-size:15px;line-height:22px"},
	{"knot", "font:15px/26px " + sans},
	{"strong", "font-size:15px;line-height:22px;font-weight:600"},
}

var pine = Accent{Light: "#0B5D4F", OnLight: "#FFFFFF", Dark: "#74C9B5", OnDark: "#08201B"}

// withTokens puts the tokens into a template's source: $ink is the light value,
// $dark-ink the dark one.
func withTokens(source string, a Accent) string {
	pairs := []string{
		"$dark-onaccent", a.OnDark, "$dark-accent", a.Dark, "$onaccent", a.OnLight, "$accent", a.Light,
	}
	for _, t := range tokens {
		pairs = append(pairs, "$dark-"+t.name, t.dark, "$"+t.name, t.light)
	}
	for _, t := range types {
		pairs = append(pairs, "$"+t.name, t.style)
	}
	return strings.NewReplacer(pairs...).Replace(source)
}
