package assets

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Color is a colour of the screen, 8 bits each of red, green and blue.
type Color struct{ R, G, B uint8 }

// ParseColor reads #RRGGBB.
func ParseColor(s string) (Color, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return Color{}, fmt.Errorf("the accent %q is not a colour: write it as #0B5D4F", s)
	}
	return Color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, nil
}

func (c Color) String() string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }

// Contrast is the contrast ratio of WCAG 2: 1 for the same colour, 21 for black on white.
func Contrast(a, b Color) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + .05) / (min(x, y) + .05)
}

// Shades are what one theme needs of an accent: the colour itself, text on it, and the wash behind a chosen row.
type Shades struct{ Accent, On, Wash Color }

// Derive makes an operator's one colour readable in the light and the dark theme. It keeps hue and chroma in OKLCH and
// moves lightness until text in the colour has 4.5:1 on every ground it may stand on. It refuses no colour.
func Derive(given Color) (light, dark Shades) {
	l, c, h := given.oklch()

	light.Wash = oklch(.945, min(c, .03), h)
	for lightness := l; ; lightness -= .005 {
		light.Accent = oklch(lightness, c, h)
		if readable(light.Accent, append(lightGrounds, light.Wash)) {
			break
		}
	}
	dark.Wash = oklch(.28, min(c, .035), h)
	for lightness := max(l, .70); ; lightness += .005 {
		dark.Accent = oklch(lightness, min(c, .12), h)
		if readable(dark.Accent, append(darkGrounds, dark.Wash)) {
			break
		}
	}
	light.On, dark.On = textOn(light.Accent), textOn(dark.Accent)
	return light, dark
}

// Surface, ground and sunk of each theme, as in base.css; arrays, so that append copies.
var (
	lightGrounds = []Color{{0xFF, 0xFD, 0xF9}, {0xF5, 0xF2, 0xEB}, {0xEC, 0xE8, 0xDE}}[:3:3]
	darkGrounds  = []Color{{0x1B, 0x1F, 0x22}, {0x13, 0x16, 0x18}, {0x0E, 0x11, 0x12}}[:3:3]
	white        = Color{0xFF, 0xFF, 0xFF}
	nearBlack    = Color{0x10, 0x13, 0x15}
)

func readable(text Color, grounds []Color) bool {
	for _, ground := range grounds {
		if Contrast(text, ground) < 4.5 {
			return false
		}
	}
	return true
}

func textOn(c Color) Color {
	if Contrast(white, c) >= Contrast(nearBlack, c) {
		return white
	}
	return nearBlack
}

func (c Color) luminance() float64 {
	return .2126*linear(c.R) + .7152*linear(c.G) + .0722*linear(c.B)
}

// linear undoes the gamma of sRGB.
func linear(v uint8) float64 {
	x := float64(v) / 255
	if x <= .04045 {
		return x / 12.92
	}
	return math.Pow((x+.055)/1.055, 2.4)
}

func gamma(x float64) uint8 {
	if x <= .0031308 {
		x *= 12.92
	} else {
		x = 1.055*math.Pow(x, 1/2.4) - .055
	}
	return uint8(math.Round(min(max(x, 0), 1) * 255))
}

// oklch is lightness 0 to 1, chroma, and hue in radians (Björn Ottosson's OKLab, in polar form).
func (c Color) oklch() (lightness, chroma, hue float64) {
	r, g, b := linear(c.R), linear(c.G), linear(c.B)
	l := math.Cbrt(.4122214708*r + .5363325363*g + .0514459929*b)
	m := math.Cbrt(.2119034982*r + .6806995451*g + .1073969566*b)
	s := math.Cbrt(.0883024619*r + .2817188376*g + .6299787005*b)
	lightness = .2104542553*l + .7936177850*m - .0040720468*s
	x := 1.9779984951*l - 2.4285922050*m + .4505937099*s
	y := .0259040371*l + .7827717662*m - .8086757660*s
	return lightness, math.Hypot(x, y), math.Atan2(y, x)
}

// oklch is the colour of the screen for a lightness, chroma and hue. Where the screen has no such colour, chroma gives
// way in small steps; lightness and hue stay.
func oklch(lightness, chroma, hue float64) Color {
	lightness = min(max(lightness, 0), 1)
	for {
		r, g, b := linearOf(lightness, chroma, hue)
		if chroma == 0 || inGamut(r) && inGamut(g) && inGamut(b) {
			return Color{gamma(r), gamma(g), gamma(b)}
		}
		chroma = max(0, chroma-.004)
	}
}

func linearOf(lightness, chroma, hue float64) (r, g, b float64) {
	x, y := chroma*math.Cos(hue), chroma*math.Sin(hue)
	l := cube(lightness + .3963377774*x + .2158037573*y)
	m := cube(lightness - .1055613458*x - .0638541728*y)
	s := cube(lightness - .0894841775*x - 1.2914855480*y)
	return 4.0767416621*l - 3.3077115913*m + .2309699292*s,
		-1.2684380046*l + 2.6097574011*m - .3413193965*s,
		-.0041960863*l - .7034186147*m + 1.7076147010*s
}

func cube(x float64) float64 { return x * x * x }
func inGamut(x float64) bool { return x >= -1e-6 && x <= 1+1e-6 }
