package bench

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// Report is what a session of measuring found.
type Report struct {
	At           time.Time     `json:"at"`
	Machine      Machine       `json:"machine"`
	Measurements []Measurement `json:"measurements"`
}

// Measurement is one subject's figures on one database.
type Measurement struct {
	Name     string   `json:"name"`
	Database string   `json:"database"`
	Before   string   `json:"load_before"` // the machine's load averages, 1, 5 and 15 minutes
	Figures  []Figure `json:"figures"`
	Notes    []string `json:"notes,omitempty"`
}

// Figure is one number: the median of its runs.
type Figure struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit,omitempty"`
	Median float64   `json:"median"`
	Least  float64   `json:"min"`
	Most   float64   `json:"max"`
	Runs   []float64 `json:"runs"`
	Target *Target   `json:"target,omitempty"`
	Met    *bool     `json:"met,omitempty"`
}

// Target is where a figure should be; a bound that is absent binds nothing.
type Target struct {
	AtLeast *float64 `json:"at_least,omitempty"`
	AtMost  *float64 `json:"at_most,omitempty"`
}

func atLeast(v float64) *Target     { return &Target{AtLeast: &v} }
func atMost(v float64) *Target      { return &Target{AtMost: &v} }
func within(lo, hi float64) *Target { return &Target{AtLeast: &lo, AtMost: &hi} }

func (t Target) met(v float64) bool {
	return (t.AtLeast == nil || v >= *t.AtLeast) && (t.AtMost == nil || v <= *t.AtMost)
}

// String is the target as the table shows it.
func (t Target) String() string {
	short := func(v *float64) string { return strconv.FormatFloat(*v, 'f', -1, 64) }
	switch {
	case t.AtLeast != nil && t.AtMost != nil:
		return short(t.AtLeast) + " to " + short(t.AtMost)
	case t.AtLeast != nil:
		return "at least " + short(t.AtLeast)
	}
	return "at most " + short(t.AtMost)
}

// one is the figure of a single run.
func one(name, unit string, v float64, t *Target) Figure {
	return Figure{Name: name, Unit: unit, Median: v, Target: t}
}

// add counts a run in. What is lost in a run that went wrong is not smoothed away:
// the least and the greatest stay in the report.
func (f *Figure) add(v float64) {
	f.Runs = append(f.Runs, v)
	f.Least, f.Most = slices.Min(f.Runs), slices.Max(f.Runs)
	f.Median = quantile(f.Runs, 0.5)
	if f.Target != nil {
		met := f.Target.met(f.Median)
		f.Met = &met
	}
}

func (f Figure) value(v float64) string {
	digits := 0
	switch a := max(v, -v); {
	case a == 0:
	case a < 1:
		digits = 4
	case a < 10:
		digits = 2
	case a < 100:
		digits = 1
	}
	text := strconv.FormatFloat(v, 'f', digits, 64)
	if f.Unit == "" {
		return text
	}
	return text + " " + f.Unit
}

// Table writes the report for people.
func (r Report) Table(w io.Writer) error {
	m := r.Machine
	fmt.Fprintf(w, "%s\n%s, %d processors, %.1f GiB; %s; %s; temporary files on %s\n", r.At.Format(time.RFC3339), m.CPU, m.Processors, m.MemoryGiB, m.Kernel, m.Go, m.Disk)
	for _, m := range r.Measurements {
		fmt.Fprintf(w, "\n%s on %s; load before: %s\n", m.Name, m.Database, m.Before)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "  figure\tmedian\tmin\tmax\ttarget\t")
		for _, f := range m.Figures {
			target, met := "", ""
			if f.Target != nil && f.Met != nil {
				target, met = f.Target.String(), "MISSED"
				if *f.Met {
					met = "met"
				}
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", f.Name, f.value(f.Median), f.value(f.Least), f.value(f.Most), target, met)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		for _, n := range m.Notes {
			fmt.Fprintf(w, "  - %s\n", n)
		}
	}
	return nil
}
