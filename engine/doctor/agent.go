package doctor

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"moonlark/audio/pcm"
	"moonlark/engine/rest"
)

// withTimeout returns a context that ends after timeout. The cause of its end is then an error that
// says how long the check has waited.
func withTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, timeout, errors.New("no answer within "+formatDuration(timeout)))
}

// checkSignedURL requests a signed URL from the user's own server, if conversations will get their
// signed URLs from one, and reports whether the server returned one.
func (c *checker) checkSignedURL(ctx context.Context) {
	const group, subject = "agent", "signed URL"
	if c.SignedURLFrom == "" {
		return
	}
	ctx, cancel := withTimeout(ctx, checkTimeout)
	defer cancel()
	if _, err := c.Client.FetchSignedURL(ctx, c.SignedURLFrom); err != nil {
		c.fail(group, subject, err.Error(), hintOf(err))
		return
	}
	c.ok(group, subject, "the server returns one")
}

// checkAgent requests the agent's settings from the API, and checks whether the scripts and the
// settings of Moonlark fit them.
func (c *checker) checkAgent(ctx context.Context) {
	const group = "agent"
	switch {
	case c.Client.Key.IsZero():
		c.skip(group, "", "there is no API key", "set ELEVENLABS_API_KEY")
		return
	case c.Agent == "":
		c.skip(group, "", "no agent was given", "moonlark doctor --agent ID, or set ELEVENLABS_AGENT_ID")
		return
	}
	ctx, cancel := withTimeout(ctx, 2*checkTimeout)
	defer cancel()
	a, err := c.Client.Agent(ctx, c.Agent, c.Settings.BranchID)
	if err != nil {
		c.fail(group, c.Agent, err.Error(), hintOf(err))
		return
	}
	name := a.Name
	if name == "" {
		name = "the agent has no name"
	}
	if a.Platform != nil && a.Platform.Archived {
		c.warn(group, c.Agent, name+" (archived)", "restore it on the ElevenLabs site")
	} else {
		c.ok(group, c.Agent, name)
	}
	c.checkAccess(ctx, a)
	c.checkFormats(a)
	c.checkLimits(a)
	c.checkOverrides(a)
	tools, unread := c.readTools(ctx, a)
	c.checkVariables(a, tools)
	c.checkTools(a, tools, unread)
	c.checkEvents(a)
}

// checkAccess reports whether this machine may start a conversation with the agent.
func (c *checker) checkAccess(ctx context.Context, a *rest.Agent) {
	const group, subject = "agent", "access"
	if a.Platform == nil || a.Platform.Auth == nil {
		c.skip(group, subject, "the API does not say who may talk to the agent", "use an API key that may edit the agent")
		return
	}
	auth := a.Platform.Auth
	if auth.Enabled {
		options := rest.SignedURLOptions{Branch: c.Settings.BranchID, Environment: c.Settings.Environment}
		if _, err := c.Client.SignedURL(ctx, c.Agent, options); err != nil {
			c.fail(group, subject, "the agent is private, and the API refuses a signed URL: "+err.Error(), hintOf(err))
		} else {
			c.ok(group, subject, "the agent is private, and the key gets a signed URL")
		}
	} else {
		c.ok(group, subject, "the agent is public: anybody who knows its id can talk to it")
	}
	c.checkOrigin(auth)
}

// checkOrigin reports whether the agent's allowlist contains the Origin header that conversations
// will send.
func (c *checker) checkOrigin(auth *rest.Auth) {
	const group, subject = "agent", "origin"
	if len(auth.Allowlist) == 0 {
		return
	}
	var hosts []string
	for _, item := range auth.Allowlist {
		hosts = append(hosts, hostOfOrigin(item.Hostname))
	}
	list := strings.Join(hosts, ", ")
	fix := "run with --origin https://" + hosts[0] + ", or change the allowlist (Security)"
	switch {
	case c.Origin != "" && slices.Contains(hosts, hostOfOrigin(c.Origin)):
		c.ok(group, subject, c.Origin+" is in the agent's allowlist")
	case c.Origin != "":
		c.fail(group, subject, c.Origin+" is not in the agent's allowlist: "+list, fix)
	case auth.RequireOrigin:
		c.fail(group, subject, "the agent requires an Origin from its allowlist: "+list, fix)
	default:
		c.ok(group, subject, "no Origin is needed; web pages must be on "+list)
	}
}

// hostOfOrigin returns the host of an origin, such as "example.com" for "https://example.com" or
// for "example.com", in lower case.
func hostOfOrigin(origin string) string {
	if u, err := url.Parse(origin); err == nil && u.Host != "" {
		return strings.ToLower(u.Host)
	}
	return strings.ToLower(strings.TrimRight(origin, "/"))
}

// checkFormats reports whether Moonlark supports the audio formats that the agent receives and
// sends.
func (c *checker) checkFormats(a *rest.Agent) {
	const group = "agent"
	for _, side := range []struct{ subject, name, setting string }{
		{"hears", a.Conversation.ASR.Format, "user input"},
		{"speaks", a.Conversation.TTS.Format, "output"},
	} {
		if _, err := pcm.Parse(side.name); err != nil {
			c.fail(group, side.subject, err.Error(), "choose pcm_16000 as the agent's "+side.setting+" format (Advanced)")
			continue
		}
		c.ok(group, side.subject, side.name)
	}
	if c.textOnly(a) {
		c.warn(group, "speaks", "the agent is text only: it sends no sound", "run with --text, or switch text only off (Advanced)")
	}
}

// textOnly reports whether the conversation will have no sound. The setting text_only of the user
// or of a script overrides that of the agent.
func (c *checker) textOnly(a *rest.Agent) bool {
	if override := c.Settings.TextOnly; override != nil {
		return *override
	}
	return a.Conversation.Conversation.TextOnly
}

// checkLimits reports the times after which the server ends the conversation, and after which
// silence the agent speaks.
func (c *checker) checkLimits(a *rest.Agent) {
	const group, subject = "agent", "limits"
	maxDuration := seconds(a.Conversation.Conversation.MaxDuration)
	if override := c.Settings.MaxDurationSeconds; override > 0 {
		maxDuration = time.Duration(override) * time.Second
	}
	text := "a conversation ends after " + formatDuration(maxDuration)
	if silence := a.Conversation.Turn.SilenceEndCall; silence >= 0 {
		text += ", or after " + formatDuration(seconds(silence)) + " of silence"
	}
	if timeout := a.Conversation.Turn.Timeout; timeout >= 0 {
		text += "; the agent speaks up after " + formatDuration(seconds(timeout)) + " of silence"
	}
	if maxDuration < time.Minute {
		c.warn(group, subject, text, "raise the maximum duration (Advanced)")
		return
	}
	c.ok(group, subject, text)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
