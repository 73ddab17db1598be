package wasapi

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A flow is the direction of the sound of a device, an EDataFlow of mmdeviceapi.h.
type flow uintptr

const (
	playback  flow = 0
	recording flow = 1
)

var (
	enumeratorClass = guid("{BCDE0395-E52F-467C-8E3D-C4579291692E}") // MMDeviceEnumerator
	enumeratorID    = guid("{A95664D2-9614-4F35-A746-DE8DB63617E6}") // IMMDeviceEnumerator

	// nameKey is PKEY_Device_FriendlyName of functiondiscoverykeys_devpkey.h.
	nameKey = propertyKey{*guid("{A45C254E-DF1C-4EFD-8020-67D146A850E0}"), 14}
)

// methods of IMMDeviceEnumerator, IMMDeviceCollection, IMMDevice and IPropertyStore
const (
	enumerate      method = 3
	defaultDevice  method = 4
	collectionSize method = 3
	collectionItem method = 4
	activate       method = 3
	openProperties method = 4
	deviceID       method = 5
	propertyValue  method = 5
)

type propertyKey struct {
	id     windows.GUID
	number uint32
}

// A propertyVariant is a PROPVARIANT of propidl.h on a 64-bit machine.
type propertyVariant struct {
	kind uint16
	_    [3]uint16
	text *uint16 // if kind is textProperty
	_    uintptr
}

const textProperty = 31 // VT_LPWSTR

func guid(text string) *windows.GUID {
	g, err := windows.GUIDFromString(text)
	if err != nil {
		panic(err) // the texts are constants of this package
	}
	return &g
}

// devices is the list of the devices of Windows, an IMMDeviceEnumerator.
type devices struct{ *object }

func openDevices() (devices, error) {
	o, err := create(enumeratorClass, enumeratorID)
	return devices{o}, err
}

// find returns the device that has this name or ID, or the default device if name is empty. The
// caller releases the device.
func (d devices) find(f flow, name string) (*object, error) {
	if name == "" {
		return d.standard(f)
	}
	var found *object
	err := d.each(f, func(device *object, dev Device) bool {
		if found == nil && (dev.Name == name || dev.Description == name) {
			found = device
			return true
		}
		return false
	})
	if err == nil && found == nil {
		err = notFound
	}
	return found, err
}

// standard returns the default device, which the caller releases.
func (d devices) standard(f flow) (*object, error) {
	const console = 0 // ERole: the device for everything but telephone calls
	var device *object
	err := d.call(defaultDevice, uintptr(f), console, uintptr(unsafe.Pointer(&device)))
	return device, err
}

// standardID returns the ID of the default device, or "" if there is none.
func (d devices) standardID(f flow) string {
	device, err := d.standard(f)
	if err != nil {
		return ""
	}
	defer device.release()
	id, _ := identify(device)
	return id
}

// each calls use for each device that is plugged in. It releases the device afterwards, unless use
// returns true.
func (d devices) each(f flow, use func(device *object, dev Device) (keep bool)) error {
	const active = 1 // DEVICE_STATE_ACTIVE
	var list *object
	if err := d.call(enumerate, uintptr(f), active, uintptr(unsafe.Pointer(&list))); err != nil {
		return err
	}
	defer list.release()
	var n uint32
	if err := list.call(collectionSize, uintptr(unsafe.Pointer(&n))); err != nil {
		return err
	}
	for i := range n {
		var device *object
		if list.call(collectionItem, uintptr(i), uintptr(unsafe.Pointer(&device))) != nil {
			continue // the device has just been removed
		}
		id, err := identify(device)
		if err != nil || !use(device, Device{Name: id, Description: describe(device)}) {
			device.release()
		}
	}
	return nil
}

// identify returns the ID of a device, which stays the same when the device is plugged in again.
func identify(device *object) (string, error) {
	var text *uint16
	if err := device.call(deviceID, uintptr(unsafe.Pointer(&text))); err != nil {
		return "", err
	}
	defer windows.CoTaskMemFree(unsafe.Pointer(text))
	return windows.UTF16PtrToString(text), nil
}

// describe returns the name of a device for people, or "" if the device has none.
func describe(device *object) string {
	const read = 0 // STGM_READ
	var store *object
	if device.call(openProperties, read, uintptr(unsafe.Pointer(&store))) != nil {
		return ""
	}
	defer store.release()
	key, value := nameKey, propertyVariant{}
	if store.call(propertyValue, uintptr(unsafe.Pointer(&key)), uintptr(unsafe.Pointer(&value))) != nil {
		return ""
	}
	defer propVariantClear.Call(uintptr(unsafe.Pointer(&value)))
	if value.kind != textProperty || value.text == nil {
		return ""
	}
	return windows.UTF16PtrToString(value.text)
}

// Devices returns the devices of Windows. The default device has Default set.
func Devices() (speakers, microphones []Device, err error) {
	done, err := useCOM()
	if err != nil {
		return nil, nil, fmt.Errorf("wasapi: %w", err)
	}
	defer done()
	d, err := openDevices()
	if err != nil {
		return nil, nil, fmt.Errorf("wasapi: %w", err)
	}
	defer d.release()
	list := func(f flow) (all []Device) {
		standard := d.standardID(f)
		err = d.each(f, func(_ *object, dev Device) bool {
			dev.Default = dev.Name == standard
			all = append(all, dev)
			return false
		})
		return all
	}
	if speakers = list(playback); err == nil {
		microphones = list(recording)
	}
	if err != nil {
		err = fmt.Errorf("wasapi: %w", err)
	}
	return speakers, microphones, err
}
