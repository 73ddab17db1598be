package localagent

import (
	"cmp"
	"regexp"
	"strings"
	"unicode"

	"moonlark/engine/convai"
	"moonlark/engine/speech"
)

const (
	maxSetting  = 100 // maximum length of a setting about speech, in bytes; a longer one is ignored
	maxKeywords = 100 // maximum number of keywords; the others are ignored
)

// languageForm matches codes of languages, such as "en" or "pt-br".
var languageForm = regexp.MustCompile(`^[a-z]{2,8}([-_][a-z0-9]{1,8}){0,3}$`)

// speechSettings returns the voice, and the words that the recogniser should expect, in the
// settings of the client. It leaves out settings that are not valid, because they may end up in the
// arguments of a command or in the URL of a server.
func speechSettings(m *convai.ConversationInitiationClientData) (voice speech.Voice, keywords []string) {
	o := cmp.Or(m.Override, &convai.ConversationConfigOverride{})
	if o.Agent != nil {
		if language := strings.ToLower(o.Agent.Language); languageForm.MatchString(language) {
			voice.Language = language
		}
	}
	if t := o.TTS; t != nil {
		voice.Name, voice.Model = speechSetting(t.VoiceID), speechSetting(t.ModelID)
		voice.Stability, voice.Similarity = t.Stability, t.SimilarityBoost
		if t.Speed != nil && *t.Speed >= 0.1 && *t.Speed <= 10 {
			voice.Speed = *t.Speed
		}
	}
	if o.ASR != nil {
		for _, word := range o.ASR.Keywords[:min(len(o.ASR.Keywords), maxKeywords)] {
			if word = speechSetting(word); word != "" {
				keywords = append(keywords, word)
			}
		}
	}
	return voice, keywords
}

// speechSetting returns the text without spaces around it, or "" if it is too long or contains
// control characters.
func speechSetting(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > maxSetting || strings.ContainsFunc(text, unicode.IsControl) {
		return ""
	}
	return text
}
