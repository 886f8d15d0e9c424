package assets

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"testing"
)

func mustColor(t testing.TB, s string) Color {
	t.Helper()
	c, err := ParseColor(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnOperatorsAccentBecomesReadableInBothThemes(t *testing.T) {
	lightSurface, darkSurface := mustColor(t, "#FFFDF9"), mustColor(t, "#1B1F22")
	for _, row := range []struct {
		given, light                    string
		onSurface, onWash, textOn       float64
		on                              string
		dark                            string
		darkSurface, darkWash, darkText float64
	}{
		{"#0D6EFD", "#0560E3", 5.46, 4.73, 5.54, "#FFFFFF", "#729FE9", 6.20, 5.47, 6.97},
		{"#FFD400", "#7C6604", 5.50, 4.76, 5.59, "#FFFFFF", "#F2D777", 11.66, 10.23, 13.11},
		{"#FF6A00", "#AF4807", 5.51, 4.74, 5.60, "#FFFFFF", "#DC855E", 5.97, 5.31, 6.71},
		{"#FF2D78", "#CE055B", 5.44, 4.66, 5.53, "#FFFFFF", "#DD7D92", 5.86, 5.21, 6.59},
		{"#7ED321", "#437508", 5.46, 4.77, 5.55, "#FFFFFF", "#99C978", 8.68, 7.52, 9.75},
		{"#001A4D", "#001A4D", 16.47, 14.30, 16.73, "#FFFFFF", "#7A9FDD", 6.19, 5.45, 6.95},
		{"#FFFFFF", "#676767", 5.57, 4.83, 5.66, "#FFFFFF", "#FFFFFF", 16.59, 14.55, 18.65},
	} {
		light, dark := Derive(mustColor(t, row.given))
		if light.Accent.String() != row.light || dark.Accent.String() != row.dark || light.On.String() != row.on || dark.On != nearBlack {
			t.Errorf("%s became %v and %v, want %s and %s", row.given, light, dark, row.light, row.dark)
		}
		for _, c := range []struct {
			what string
			got  float64
			want float64
		}{
			{"on surface", Contrast(light.Accent, lightSurface), row.onSurface},
			{"on wash", Contrast(light.Accent, light.Wash), row.onWash},
			{"text on it", Contrast(light.On, light.Accent), row.textOn},
			{"dark, on surface", Contrast(dark.Accent, darkSurface), row.darkSurface},
			{"dark, on wash", Contrast(dark.Accent, dark.Wash), row.darkWash},
			{"dark, text on it", Contrast(dark.On, dark.Accent), row.darkText},
		} {
			if math.Abs(c.got-c.want) > .011 {
				t.Errorf("%s %s has contrast %.2f, want %.2f", row.given, c.what, c.got, c.want)
			}
		}
	}
}

func TestNoAccentIsRefusedOrUnreadable(t *testing.T) {
	sheet := tokens(t)
	for r := range 16 {
		for g := range 16 {
			for b := range 16 {
				given := Color{uint8(r * 17), uint8(g * 17), uint8(b * 17)}
				light, dark := Derive(given)
				for theme, s := range map[string]Shades{"light": light, "dark": dark} {
					for _, ground := range []Color{sheet[theme]["surface"], sheet[theme]["ground"], sheet[theme]["sunk"], s.Wash} {
						if c := Contrast(s.Accent, ground); c < 4.5 {
							t.Fatalf("%s in %s: %s has %.2f on %s", given, theme, s.Accent, c, ground)
						}
					}
					if c := Contrast(s.On, s.Accent); c < 4.5 {
						t.Fatalf("%s in %s: text on it has %.2f", given, theme, c)
					}
					if c := Contrast(sheet[theme]["ink"], s.Wash); c < 7 {
						t.Fatalf("%s in %s: ink on its wash has %.2f", given, theme, c)
					}
				}
			}
		}
	}
}

// tokens are the colours of base.css, by theme and name.
func tokens(t testing.TB) map[string]map[string]Color {
	t.Helper()
	raw, err := os.ReadFile("files/base.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`:root\{([^}]*)\}`).FindAllSubmatch(raw, -1)
	themes := map[string]map[string]Color{}
	for i, theme := range []string{"light", "dark"} {
		themes[theme] = map[string]Color{}
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+):(#[0-9A-F]{6})`).FindAllSubmatch(blocks[i][1], -1) {
			themes[theme][string(m[1])] = mustColor(t, string(m[2]))
		}
	}
	return themes
}

func TestEveryPairOfColoursHasItsContrast(t *testing.T) {
	sheet := tokens(t)
	for _, pair := range []struct {
		text, ground string
		light, dark  float64
	}{
		{"edge", "surface", 4.12, 4.53},
		{"edge", "ground", 3.75, 4.96},
		{"edge", "sunk", 3.42, 5.18},
		{"ink", "surface", 15.92, 13.68},
		{"ink", "ground", 14.47, 14.99},
		{"ink", "sunk", 13.22, 15.64},
		{"ink-2", "surface", 6.84, 7.40},
		{"ink-2", "ground", 6.22, 8.11},
		{"ink-2", "sunk", 5.68, 8.46},
		{"accent", "surface", 7.68, 8.50},
		{"accent", "ground", 6.98, 9.31},
		{"accent", "sunk", 6.37, 9.72},
		{"on-accent", "accent", 7.80, 8.73},
		{"ink", "accent-wash", 13.57, 11.64},
		{"accent", "accent-wash", 6.54, 7.23},
		{"brass", "surface", 3.99, 7.36},
		{"brass", "ground", 3.63, 8.06},
		{"ok", "surface", 6.49, 8.67},
		{"ok", "ok-wash", 5.66, 8.05},
		{"wait", "surface", 6.39, 8.65},
		{"wait", "wait-wash", 5.69, 7.96},
		{"stop", "surface", 7.25, 7.57},
		{"stop", "stop-wash", 6.19, 7.34},
	} {
		for theme, want := range map[string]float64{"light": pair.light, "dark": pair.dark} {
			got := Contrast(sheet[theme][pair.text], sheet[theme][pair.ground])
			if math.Abs(got-want) > .011 {
				t.Errorf("%s: %s on %s has %.2f, want %.2f", theme, pair.text, pair.ground, got, want)
			}
		}
	}
	for theme, grounds := range map[string][]Color{"light": lightGrounds, "dark": darkGrounds} {
		want := fmt.Sprint([]Color{sheet[theme]["surface"], sheet[theme]["ground"], sheet[theme]["sunk"]})
		if got := fmt.Sprint(grounds); got != want {
			t.Errorf("accents are derived against %s, the %s sheet has %s", got, theme, want)
		}
	}
}
