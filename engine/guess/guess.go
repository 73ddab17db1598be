// Package guess suggests corrections for misspelt words.
package guess

import "strings"

// Nearest returns the word of known that is most similar to word, or "" if none is similar enough.
// It ignores words that are equal to word. In a similar word, at most a third of the letters are
// wrong, missing, added or swapped with the next letter. Upper and lower case count as equal.
func Nearest(word string, known []string) string {
	letters := []rune(strings.ToLower(word))
	best, bestDistance := "", max(1, len(letters)/3)+1
	for _, k := range known {
		other := []rune(strings.ToLower(k))
		// The distance is at least the difference in length. This saves seconds if the word is very long.
		if k == word || max(len(letters)-len(other), len(other)-len(letters)) >= bestDistance {
			continue
		}
		if d := distance(letters, other); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// DidYouMean returns " (did you mean 'x'?)", where x is the word of known that is most similar to
// word. It returns "" if no word is similar enough.
func DidYouMean(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return " (did you mean '" + near + "'?)"
	}
	return ""
}

// distance returns how many single-letter edits turn s into t. Swapping two neighbouring letters
// counts as one edit (optimal string alignment distance).
func distance(s, t []rune) int {
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}
