package bench

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// answers are times as a server gives them: log-normal, a few very slow, so many
// per cent longer.
func answers(r *rand.Rand, n int, longer float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = math.Exp(0.08*r.NormFloat64()) * (1 + longer/100)
		if r.IntN(50) == 0 {
			all[i] += 20 * r.Float64()
		}
	}
	return all
}

func TestOnePerCentMoreTimeIsFoundInTenThousandPairsAndNothingIsFoundWhereNothingIs(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		known, unknown, slower := answers(r, 10_000, 0), answers(r, 10_000, 0), answers(r, 10_000, 1)
		a, b := cropped(known, unknown)
		if v, u := welch(a, b), auc(known, unknown); math.Abs(v) >= 4.5 || u < 0.485 || u > 0.515 {
			t.Errorf("seed %d: t %.2f and AUC %.3f tell two apart that are one", seed, v, u)
		}
		a, b = cropped(slower, known)
		if v, u := welch(a, b), auc(slower, known); v < 4.5 || u < 0.51 {
			t.Errorf("seed %d: t %.2f and AUC %.3f miss one per cent", seed, v, u)
		}
	}
}

func TestTheSlowestAreCutByOneRuleForBoth(t *testing.T) {
	fast, slow := make([]float64, 100), make([]float64, 100)
	for i := range fast {
		fast[i], slow[i] = float64(i), float64(100+i)
	}
	a, b := cropped(fast, slow)
	if len(a) != 100 || len(b) != 90 {
		t.Errorf("%d and %d are left, not 100 and 90: the ten slowest of all are the slow one's", len(a), len(b))
	}
}

func TestWelchAgreesWithAWorkedExample(t *testing.T) {
	// Means 3 and 6, variances 2.5 and 10, five of each: 3 over the root of 0.5 + 2.
	a, b := []float64{1, 2, 3, 4, 5}, []float64{2, 4, 6, 8, 10}
	if got, want := welch(a, b), -3/math.Sqrt(2.5); math.Abs(got-want) > 1e-12 {
		t.Errorf("t is %v, want %v", got, want)
	}
	if got := welch([]float64{1, 1}, []float64{1, 1}); got != 0 {
		t.Errorf("t of what never varies is %v", got)
	}
	if got := welch([]float64{2, 2}, []float64{1, 1}); !math.IsInf(got, 1) {
		t.Errorf("t of what always differs is %v", got)
	}
}

func TestAUCCountsTiesHalf(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{2, 3}, []float64{0, 1}, 1},
		{[]float64{0, 1}, []float64{2, 3}, 0},
		{[]float64{1, 1, 1}, []float64{1, 1}, 0.5},
		{[]float64{1, 2}, []float64{1, 0}, 0.875},
		{nil, []float64{1}, 0.5},
	} {
		if got := auc(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("AUC of %v over %v is %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestAQuantileLiesBetweenItsNeighbours(t *testing.T) {
	values := []float64{4, 1, 3, 2}
	for q, want := range map[float64]float64{0: 1, 0.5: 2.5, 1: 4, 0.25: 1.75} {
		if got := quantile(values, q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if !slices.Equal(values, []float64{4, 1, 3, 2}) {
		t.Error("the values were moved")
	}
	if quantile(nil, 0.5) != 0 {
		t.Error("of nothing it is something")
	}
}

func TestAFigureIsTheMedianOfItsRunsAndMeetsItsTargetByThat(t *testing.T) {
	f := one("mails", "a second", 0, atLeast(10))
	for _, v := range []float64{30, 5, 11} {
		f.add(v)
	}
	if f.Median != 11 || f.Least != 5 || f.Most != 30 || f.Met == nil || !*f.Met {
		t.Errorf("%+v", f)
	}
	f.add(1)
	f.add(2)
	if f.Median != 5 || *f.Met {
		t.Errorf("%+v", f)
	}
}
