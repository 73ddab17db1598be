package system

import (
	"context"
	"errors"

	"github.com/godbus/dbus/v5"

	"moonlark/luastd/sockets"
)

// The login manager of systemd, which restarts the machine for users who may do that.
const (
	loginName    = "org.freedesktop.login1"
	loginManager = "/org/freedesktop/login1"
	loginSession = "/org/freedesktop/login1/session/auto"
)

// control restarts the machine or switches it off.
func control(function string) error {
	method := map[string]string{"reboot": "Reboot", "poweroff": "PowerOff"}[function]
	return callLogin(loginManager, loginName+".Manager."+method, false) // false: nobody is asked for a password
}

// setBrightnessByLogin sets the brightness of a backlight.
func setBrightnessByLogin(name string, v uint32) error {
	return callLogin(loginSession, loginName+".Session.SetBrightness", "backlight", name, v)
}

// callLogin calls a method of the login manager. The error is a *sockets.Failure.
func callLogin(path dbus.ObjectPath, method string, args ...any) error {
	ctx, cancel := context.WithTimeout(context.Background(), controlTimeout)
	defer cancel()
	conn, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return sockets.Fail("unsupported", "the system has no D-Bus, through which it is controlled: %s", err)
	}
	defer conn.Close()
	if err := conn.Object(loginName, path).CallWithContext(ctx, method, 0, args...).Err; err != nil {
		return explainBus(ctx, err)
	}
	return nil
}

// explainBus returns the Failure for an error of a call.
func explainBus(ctx context.Context, err error) error {
	var known dbus.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return sockets.Fail("timeout", "the login manager of the system has not answered in %s", sockets.Seconds(controlTimeout))
	case !errors.As(err, &known):
		return sockets.Fail("failed", "the login manager of the system: %s", err)
	}
	switch known.Name {
	case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner", "org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownObject":
		return sockets.Fail("unsupported", "the system has no login manager (systemd-logind) that does that")
	case "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired":
		return sockets.Fail("denied", "the system does not allow the user of this program to do that: %s", known)
	}
	return sockets.Fail("failed", "the login manager of the system: %s", known)
}
