package localagent

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// maxInvented is the maximum duration of the speech in a sentence whose text a recogniser may have
// invented.
const maxInvented = time.Second

// inventions are texts that Whisper is known to return for noise, in lower case and without
// punctuation, because Whisper was trained with subtitles. hasWords ignores these texts only if the
// speech is too short for them (see maxInvented).
var inventions = []string{
	"thank you for watching", "thanks for watching", "thank you so much for watching",
	"you", "please subscribe", "like and subscribe", "dont forget to subscribe", "please subscribe to my channel",
	"subtitles by the amaraorg community", "untertitel der amaraorg community",
	"sous-titres réalisés par la communauté damaraorg", "untertitelung des zdf", "vielen dank fürs zuschauen",
	"untertitelung des zdf 2020", "gracias por ver el video",
	"ご視聴ありがとうございました", "продолжение следует",
}

// interjections are what listeners say to show that they listen.
var interjections = []string{"mhm", "mm-hmm", "mmhmm", "mm", "hm", "hmm", "mmm", "uh-huh", "uhhuh", "uh", "um", "ah", "aha", "oh", "eh", "huh"}

// hasWords reports whether the user has said the text that a recogniser returned for a sentence.
// speech is how much of the sentence was speech. Text in brackets and music signs do not count,
// because they describe sounds.
func hasWords(text string, speech time.Duration) bool {
	words := normalWords(text)
	return strings.Trim(words, "- ") != "" && (speech >= maxInvented || !slices.Contains(inventions, words))
}

// isInterjection reports whether the text only shows that the user listens.
func isInterjection(text string) bool {
	words := strings.Fields(normalWords(text))
	return !slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(interjections, word) })
}

// descriptions matches the parts of a text that describe sounds instead of words, such as
// "[BLANK_AUDIO]", "(music)", "*coughs*" and "♪ la la la ♪".
var descriptions = regexp.MustCompile(`\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|\*[^*]+\*|♪[^♪]*♪|（[^）]*）|【[^】]*】`)

// normalWords returns the words of the text in lower case, without punctuation and other signs, and
// without descriptions.
func normalWords(text string) string {
	kept := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '-' || unicode.IsSpace(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, descriptions.ReplaceAllString(text, " "))
	return strings.Join(strings.Fields(kept), " ")
}
