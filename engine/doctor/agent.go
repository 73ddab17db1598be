package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"moonlark/audio/pcm"
	"moonlark/engine/rest"
)

// signedURL tries the server that signed URLs come from.
func (e *examination) signedURL(ctx context.Context) {
	const group, subject = "agent", "signed URL"
	if e.SignedURLFrom == "" {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("it took over "+short(patience)))
	defer cancel()
	if _, err := e.Client.FetchSignedURL(ctx, e.SignedURLFrom); err != nil {
		e.fail(group, subject, err.Error(), hintOf(err))
		return
	}
	e.ok(group, subject, "one comes when it is asked for")
}

// cloud reads the agent and compares it with the scripts.
func (e *examination) cloud(ctx context.Context) {
	const group = "agent"
	switch {
	case e.Client.Key.IsZero():
		e.skip(group, "", "there is no API key", "set ELEVENLABS_API_KEY")
		return
	case e.Agent == "":
		e.skip(group, "", "no agent was named", "moonlark doctor --agent ID, or set ELEVENLABS_AGENT_ID")
		return
	}
	reading, cancel := context.WithTimeoutCause(ctx, 2*patience, errors.New("it took over "+short(2*patience)))
	defer cancel()
	a, err := e.Client.Agent(reading, e.Agent, e.Settings.BranchID)
	if err != nil {
		e.fail(group, e.Agent, err.Error(), hintOf(err))
		return
	}
	name := a.Name
	if name == "" {
		name = "it has no name"
	}
	if a.Platform != nil && a.Platform.Archived {
		e.warn(group, e.Agent, name+", which is archived", "bring it back on the ElevenLabs site")
	} else {
		e.ok(group, e.Agent, name)
	}
	e.access(reading, a)
	e.formats(a)
	e.limits(a)
	e.overrides(a)
	tools, unread := e.readTools(reading, a)
	e.variables(a, tools)
	e.tools(a, tools, unread)
	e.events(a)
}

// access says who may talk to the agent.
func (e *examination) access(ctx context.Context, a *rest.Agent) {
	const group, subject = "agent", "access"
	if a.Platform == nil || a.Platform.Auth == nil {
		e.skip(group, subject, "the API does not say who may talk to the agent", "use a key that may edit it")
		return
	}
	auth := a.Platform.Auth
	if auth.Enabled {
		if _, err := e.Client.SignedURL(ctx, e.Agent, rest.SignedURLOptions{Branch: e.Settings.BranchID, Environment: e.Settings.Environment}); err != nil {
			e.fail(group, subject, "it is private, and there is no signed URL: "+err.Error(), hintOf(err))
		} else {
			e.ok(group, subject, "it is private, and the key gets a signed URL")
		}
	} else {
		e.ok(group, subject, "it is public: whoever knows its id can talk to it")
	}
	e.allowlist(auth)
}

// allowlist says whether the agent wants to be called from elsewhere.
func (e *examination) allowlist(auth *rest.Auth) {
	const group, subject = "agent", "origin"
	if len(auth.Allowlist) == 0 {
		return
	}
	var hosts []string
	for _, item := range auth.Allowlist {
		hosts = append(hosts, bareHost(item.Hostname))
	}
	list := strings.Join(hosts, ", ")
	mend := "run with --origin https://" + hosts[0] + ", or change the allowlist (Security)"
	switch {
	case e.Origin != "" && slices.Contains(hosts, bareHost(e.Origin)):
		e.ok(group, subject, e.Origin+" is in its allowlist")
	case e.Origin != "":
		e.fail(group, subject, e.Origin+" is not in its allowlist: "+list, mend)
	case auth.RequireOrigin:
		e.fail(group, subject, "it wants an Origin, out of "+list, mend)
	default:
		e.ok(group, subject, "none is needed; pages have to be on "+list)
	}
}

// bareHost is the host in an origin, "https://example.com" or "example.com".
func bareHost(origin string) string {
	if u, err := url.Parse(origin); err == nil && u.Host != "" {
		return strings.ToLower(u.Host)
	}
	return strings.ToLower(strings.TrimRight(origin, "/"))
}

// formats says whether we speak the agent's kinds of sound.
func (e *examination) formats(a *rest.Agent) {
	const group = "agent"
	for _, side := range []struct{ subject, name, setting string }{
		{"hears", a.Conversation.ASR.Format, "user input"},
		{"speaks", a.Conversation.TTS.Format, "output"},
	} {
		if _, err := pcm.Parse(side.name); err != nil {
			e.fail(group, side.subject, err.Error(), "choose pcm_16000 as the agent's "+side.setting+" format (Advanced)")
			continue
		}
		e.ok(group, side.subject, side.name)
	}
	if e.textOnly(a) {
		e.warn(group, "speaks", "it is text only: there is nothing to be heard", "run with --text, or switch text only off (Advanced)")
	}
}

// textOnly says whether there will be no sound.
func (e *examination) textOnly(a *rest.Agent) bool {
	if only := e.Settings.TextOnly; only != nil {
		return *only
	}
	return a.Conversation.Conversation.TextOnly
}

// limits are the times after which the server does something by itself.
func (e *examination) limits(a *rest.Agent) {
	const group, subject = "agent", "limits"
	longest := seconds(a.Conversation.Conversation.MaxDuration)
	if own := e.Settings.MaxDurationSeconds; own > 0 {
		longest = time.Duration(own) * time.Second
	}
	text := "a conversation ends after " + short(longest)
	if quiet := a.Conversation.Turn.SilenceEndCall; quiet >= 0 {
		text += ", or after " + short(seconds(quiet)) + " without a word"
	}
	if turn := a.Conversation.Turn.Timeout; turn >= 0 {
		text += "; in silence the agent speaks up after " + short(seconds(turn))
	}
	if longest < time.Minute {
		e.warn(group, subject, text, "raise the maximum duration (Advanced)")
		return
	}
	e.ok(group, subject, text)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// short is a duration as people say it.
func short(d time.Duration) string {
	if d >= 2*time.Minute && d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%v s", d.Seconds())
}
