# SPDX-License-Identifier: Apache-2.0
"""Spoken fragments in the formats of call recorders, and WAV files spliced from them.

All prompts of one language are laid on a tape, each padded to whole frames of 320 samples (40 ms,
the block of GSM in WAV files). The tape is encoded once per format; a call is then a run of slices
of the tape, whatever its format, and costs no more than copying bytes.
"""

import array
import struct
import subprocess
import sys
import wave
from pathlib import Path

SOUNDS = Path("/usr/share/asterisk/sounds")
RATE = 8000
FRAME_SAMPLES = 320
TAPE_FRAMES_MAX = 4 * 60 * RATE // FRAME_SAMPLES  # four minutes of each language are plenty

# name: (WAV format tag, channels, bits per sample, bytes of a frame, sox's encoding)
FORMATS = {
    "pcm": (1, 1, 16, 640, None),
    "pcm-stereo": (1, 2, 16, 1280, None),
    "a-law": (6, 1, 8, 320, "a-law"),
    "mu-law": (7, 1, 8, 320, "mu-law"),
    "gsm": (0x31, 1, 0, 65, "gsm-full-rate"),
}


def header_of_wav(form, frames):
    """Everything before the samples of a file of that many frames."""
    tag, channels, bits, frame_bytes, _ = FORMATS[form]
    align = frame_bytes if form == "gsm" else channels * bits // 8
    rate_bytes = RATE * frame_bytes // FRAME_SAMPLES
    layout = struct.pack("<HHIIHH", tag, channels, RATE, rate_bytes, align, bits)
    if form == "gsm":
        layout += struct.pack("<HH", 2, FRAME_SAMPLES)
    elif tag != 1:
        layout += struct.pack("<H", 0)
    chunks = b"fmt " + struct.pack("<I", len(layout)) + layout
    if tag != 1:
        chunks += b"fact" + struct.pack("<II", 4, frames * FRAME_SAMPLES)
    size = frames * frame_bytes
    chunks += b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks) + size + size % 2) + b"WAVE" + chunks


class Tape:
    """The prompts of one language: fragments (first frame, frames) and their bytes per format."""

    def __init__(self, folder, forms):
        self.fragments = []
        samples = [bytes(FORMATS["pcm"][3])]
        frames = 1  # the first one is silence
        for path in sorted(folder.rglob("*.wav")):
            with wave.open(str(path)) as prompt:
                content = prompt.readframes(prompt.getnframes())
            count = -(-len(content) // FORMATS["pcm"][3])
            if count < 25:
                continue  # shorter than a second
            samples.append(content.ljust(count * FORMATS["pcm"][3], b"\0"))
            self.fragments.append((frames, count))
            frames += count
            if frames >= TAPE_FRAMES_MAX:
                break
        pcm = b"".join(samples)
        self.encoded = {"pcm": memoryview(pcm)}
        for form in forms:
            if FORMATS[form][4]:
                self.encoded[form] = memoryview(encode(pcm, form))
        self.silence = {form: bytes(self.slice(form, (0, 1))) for form in self.encoded}

    def slice(self, form, fragment):
        first, count = fragment
        frame_bytes = FORMATS[form][3]
        return self.encoded[form][first * frame_bytes : (first + count) * frame_bytes]


def encode(pcm, form):
    """Whole frames of 16-bit samples in another format, by sox."""
    command = ["sox", "-D", "-t", "raw", "-r", str(RATE), "-e", "signed", "-b", "16", "-c", "1"]
    command += ["-", "-t", "wav", "-e", FORMATS[form][4], "-"]
    run = subprocess.run(command, input=pcm, capture_output=True, check=True)
    wanted = len(pcm) // FORMATS["pcm"][3] * FORMATS[form][3]
    data = run.stdout.index(b"data", 12) + 8  # the header was written before the length was known
    return run.stdout[data:][:wanted].ljust(wanted, b"\0")


def load_tapes(forms):
    if not SOUNDS.is_dir():
        sys.exit("no prompts: run tools/install_packages sample")
    return [Tape(folder, forms) for folder in sorted(SOUNDS.iterdir()) if folder.is_dir()]


def turns(random, tape, frames):
    """Slices of the tape, and pauses, that last that many frames: (speaker, fragment or None)."""
    plan, speaker = [], 0
    while frames > 0:
        first, count = random.choice(tape.fragments)
        count = min(count, frames)
        plan.append((speaker, (first, count)))
        pause = min(random.randrange(5, 40), frames - count)
        if pause:
            plan.append((speaker, (None, pause)))
        frames -= count + pause
        speaker ^= random.random() < 0.6
    return plan


def piece(tape, form, fragment):
    first, count = fragment
    return tape.silence[form] * count if first is None else tape.slice(form, fragment)


def splice(random, tapes, form, frames):
    """The pieces of bytes of one WAV file of that many frames."""
    tape = random.choice(tapes)
    plan = turns(random, tape, frames)
    pieces = [header_of_wav(form, frames)]
    if form == "pcm-stereo":
        pieces.append(interleave(tape, plan, frames))
    else:
        pieces += [piece(tape, form, fragment) for _, fragment in plan]
    if frames * FORMATS[form][3] % 2:
        pieces.append(b"\0")
    return pieces


def interleave(tape, plan, frames):
    """The agent on the left channel, the customer on the right."""
    both = array.array("h", bytes(frames * FORMATS["pcm-stereo"][3]))
    for channel in (0, 1):
        pieces = [
            piece(tape, "pcm", fragment if speaker == channel else (None, fragment[1]))
            for speaker, fragment in plan
        ]
        both[channel::2] = array.array("h", b"".join(pieces))
    return both
