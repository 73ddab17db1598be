package bus

import "moonlark/engine/screen"

// FromScreen returns the event of the bus for an event of the kiosk's screen.
func FromScreen(e screen.Event) Event {
	switch e.Kind {
	case screen.Changed:
		return Event{Type: Screen, Revision: e.Revision, Script: e.Owner}
	case screen.TouchDone:
		return Event{Type: Touch, Block: e.Touch.ID, Action: e.Touch.Action, Value: e.Touch.Value}
	}
	action := map[screen.EventKind]string{
		screen.PageCame: "came", screen.PageWent: "went", screen.SoundOn: "sound_on", screen.SoundOff: "sound_off",
	}[e.Kind]
	return Event{Type: ScreenPage, Action: action, Pages: &e.Pages, Page: e.Page}
}
