package grammar

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// dictionaryName is the name of the dictionary in the folder of the model. Each line of the file
// has a word and its sounds.
const dictionaryName = "cmudict-en-us.dict"

// soundsFolder is the folder of the model of the sounds, in the folder of the model.
const soundsFolder = "en-us"

// isModel reports whether the folder has a model and a dictionary.
func isModel(folder string) bool {
	for _, name := range []string{dictionaryName, filepath.Join(soundsFolder, "mdef")} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			return false
		}
	}
	return true
}

var units = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")

// tens are the names of 20, 30, …; the first is at index 2.
var tens = strings.Fields("- - twenty thirty forty fifty sixty seventy eighty ninety")

// findPronunciations sets b.sounds for the words in b.wanted. A word that is not in the dictionary
// gets a pronunciation by the rules of spelling, if there is one. findPronunciations adds a Problem
// to the grammar for each word whose pronunciation is not certain or not known.
func (b *builder) findPronunciations(path string) error {
	need := maps.Clone(b.wanted)
	for _, w := range slices.Concat(units, tens[2:], []string{"hundred", "minus", "point"}) {
		need[w] = true
	}
	for w := range b.wanted { // two words of the dictionary may be written as one
		for i := minHalf; i <= len(w)-minHalf; i++ {
			need[w[:i]], need[w[i:]] = true, true
		}
	}
	known, err := readDictionary(path, need)
	if err != nil {
		return err
	}
	b.sounds = make(map[string][]string)
	if b.hasNumber {
		b.wanted["minus"], b.wanted["point"] = true, true
		for _, w := range slices.Concat(units, tens[2:], []string{"one", "hundred"}) {
			b.sounds[w] = known[w]
		}
	}
	for _, w := range slices.Sorted(maps.Keys(b.wanted)) {
		if len(known[w]) > 0 {
			b.sounds[w] = known[w]
			continue
		}
		sounds, sure := guessSounds(w, known)
		switch {
		case sounds == "":
			b.problem(fmt.Sprintf("nobody can say how %q is spoken", w), "write it as it is spoken in the phrase or in the enum of the tool")
			continue
		case !sure:
			b.problem(fmt.Sprintf("%q is not in the dictionary of pocketsphinx, and is expected to sound like %s", w, sounds),
				"if it is not recognised, write it as it sounds, or use another word")
		}
		b.sounds[w] = []string{sounds}
	}
	return nil
}

// readDictionary returns the pronunciations of the words in need. A word without an apostrophe,
// such as "dont", also gets those of the word with it.
func readDictionary(path string, need map[string]bool) (map[string][]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	exact, other := make(map[string][]string), make(map[string][]string)
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		word, sounds, _ := strings.Cut(lines.Text(), " ")
		word, _, _ = strings.Cut(word, "(")
		if need[word] {
			exact[word] = append(exact[word], sounds)
		} else if short := strings.ReplaceAll(word, "'", ""); need[short] {
			other[short] = append(other[short], sounds)
		}
	}
	for word, sounds := range other {
		if len(exact[word]) == 0 {
			exact[word] = sounds
		}
	}
	return exact, lines.Err()
}

// minHalf is the minimum length of each of two words that are written as one.
const minHalf = 3

var digits = regexp.MustCompile(`^[0-9]+$`)

// guessSounds returns the sounds of a word that is not in the dictionary, and whether they are sure
// to be right. It returns "" if the word cannot be spoken. known are pronunciations of the
// dictionary.
func guessSounds(word string, known map[string][]string) (sounds string, sure bool) {
	if digits.MatchString(word) && len(word) <= 6 {
		if n, _ := strconv.Atoi(word); n <= maxNumber && (n == 0 || word[0] != '0') {
			return soundsOfNumber(n, known), true
		}
		var list []string
		for _, d := range word {
			list = append(list, soundsOfNumber(int(d-'0'), known))
		}
		return strings.Join(list, " "), true
	}
	for i := minHalf; i <= len(word)-minHalf; i++ {
		first, second := known[word[:i]], known[word[i:]]
		if len(first) > 0 && len(second) > 0 {
			return first[0] + " " + second[0], false
		}
	}
	return soundsOfLetters(word), false
}

// numberSounds returns the pronunciation of a number from 0 to maxNumber.
func (b *builder) numberSounds(n int) []string { return []string{soundsOfNumber(n, b.sounds)} }

// soundsOfNumber returns the sounds of a number from 0 to maxNumber.
func soundsOfNumber(n int, known map[string][]string) string {
	first := func(word string) string {
		if len(known[word]) == 0 {
			return soundsOfLetters(word)
		}
		return known[word][0]
	}
	switch {
	case n < len(units):
		return first(units[n])
	case n == maxNumber:
		return first("one") + " " + first("hundred")
	case n%10 == 0:
		return first(tens[n/10])
	}
	return first(tens[n/10]) + " " + first(units[n%10])
}
