//! Fuzzes the decoder of image files, as `import-images` uses it.
//!
//! A panic of a decoder becomes an error in `decode`, as in the program, and stops nothing here;
//! any other panic does.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/programs/import-images/src/decode.rs"]
mod decode;

use decode::{Color, Header};

/// Most bytes of a decoded image. Larger ones are valid, and only take time.
const MOST: u64 = 16 << 20;

fuzz_target!(init: decode::hush_decoders(), |data: &[u8]| {
    for color in [Color::Gray, Color::Rgb] {
        let Ok(header) = Header::read(data) else { return };
        assert!(decode::format(&data[..data.len().min(decode::START)]).is_ok());
        if header.bytes() > MOST {
            return;
        }
        let Ok(raster) = header.decode(color, [255, 0, 128]) else { return };
        let pixels = raster.width as usize * raster.height as usize;
        assert!(pixels > 0);
        assert_eq!(raster.values.len(), pixels * color.channels());
    }
});
