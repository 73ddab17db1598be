package gpio

// foreignFunctions are names that other libraries have for the functions of this module.
var foreignFunctions = map[string]string{
	"mode": "gpio.input or gpio.output", "setup": "gpio.input or gpio.output", "open": "gpio.input or gpio.output", "pin": "gpio.input or gpio.output",
	"GPIO": "gpio.input or gpio.output", "read": "gpio.input(line), and then pin:read()", "write": "gpio.output(line), and then pin:write(v)",
	"trig": "gpio.input(line), and then pin:on_change(fn)", "add_event_detect": "gpio.input(line), and then pin:on_change(fn)",
	"LED": "gpio.output", "led": "gpio.output", "relay": "gpio.output", "Button": "gpio.button", "PWM": "gpio.pwm", "Servo": "gpio.servo",
	"HIGH": "true", "LOW": "false", "OUT": "gpio.output", "OUTPUT": "gpio.output", "IN": "gpio.input", "INPUT": "gpio.input",
	"PULLUP": `pull = "up"`, "PUD_UP": `pull = "up"`, "PUD_DOWN": `pull = "down"`, "cleanup": "pin:close()", "chips": "gpio.info",
}
