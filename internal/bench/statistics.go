package bench

import (
	"cmp"
	"math"
	"slices"
)

// quantile is the q-th quantile of values, between two of them by a straight line;
// 0 of none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// cropped drops the slowest 5 % of both classes by one rule, the 95th percentile of
// all values together: cutting each class at its own would hide a difference that
// lies there, and cutting at one class's would make one.
func cropped(a, b []float64) ([]float64, []float64) {
	limit := quantile(slices.Concat(a, b), 0.95)
	keep := func(values []float64) []float64 {
		return slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v > limit })
	}
	return keep(a), keep(b)
}

// welch is Welch's t of two samples with unequal variances; positive where a is
// slower. Beyond 4.5 the leakage-detection practice (TVLA) calls them different.
func welch(a, b []float64) float64 {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	ma, mb := mean(a), mean(b)
	spread := func(values []float64, m float64) float64 {
		sum := 0.0
		for _, v := range values {
			sum += (v - m) * (v - m)
		}
		n := float64(len(values))
		return sum / (n - 1) / n
	}
	d := math.Sqrt(spread(a, ma) + spread(b, mb))
	if d == 0 {
		if ma == mb {
			return 0
		}
		return math.Inf(cmp.Compare(ma, mb))
	}
	return (ma - mb) / d
}

// auc is the chance that one value of a is greater than one of b, ties counted
// half: 0.5 is a coin, 1 or 0 tells the two apart every time (Mann-Whitney U over
// the product of the sizes).
func auc(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0.5
	}
	type ranked struct {
		v     float64
		fromA bool
	}
	all := make([]ranked, 0, len(a)+len(b))
	for _, v := range a {
		all = append(all, ranked{v, true})
	}
	for _, v := range b {
		all = append(all, ranked{v, false})
	}
	slices.SortFunc(all, func(x, y ranked) int { return cmp.Compare(x.v, y.v) })
	sum := 0.0 // of the ranks of a, from 1, ties sharing their middle
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].v == all[i].v {
			j++
		}
		middle := float64(i+1+j) / 2
		for ; i < j; i++ {
			if all[i].fromA {
				sum += middle
			}
		}
	}
	na, nb := float64(len(a)), float64(len(b))
	return (sum - na*(na+1)/2) / (na * nb)
}
