// Prints the probabilities of onnxruntime for a sound, one line for each frame of 512 samples. To
// make probabilities.txt again, with onnxruntime-node 1.24 and the file that generate.go reads:
//
//	go test -run Onnxruntime -sound /tmp/sound.f32
//	node testdata/probabilities.mjs silero_vad_v5.onnx /tmp/sound.f32 >testdata/probabilities.txt
import { readFileSync } from "node:fs"
import ort from "onnxruntime-node"

const [network, sound] = process.argv.slice(2)
const bytes = readFileSync(sound)
const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
const session = await ort.InferenceSession.create(network)
const sr = new ort.Tensor("int64", [16000n])
let state = new ort.Tensor("float32", new Float32Array(256), [2, 1, 128])
const input = new Float32Array(576) // 64 samples of context and the frame
for (let at = 0; at + 512 <= samples.length; at += 512) {
  input.copyWithin(0, 512)
  input.set(samples.subarray(at, at + 512), 64)
  const result = await session.run({ input: new ort.Tensor("float32", input, [1, 576]), state, sr })
  state = result.stateN
  console.log(result.output.data[0].toFixed(5))
}
