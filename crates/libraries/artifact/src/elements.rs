//! Reads array elements of any integer or float dtype as one of four types.

use std::io::Read;

use half::f16;
use ndarray::ArrayD;
use ndarray_npy::{ReadDataError, ReadNpyError, ReadNpyExt, ReadableElement};
use py_literal::Value;

use crate::error::Refusal;
use crate::header::{Header, npy_header, shape_text};

/// An array in C order, whatever its order in the file; rare dtypes are widened without loss.
pub(crate) enum Elements {
    /// `u1` and booleans.
    U8(ArrayD<u8>),
    /// All other integers.
    I64(ArrayD<i64>),
    /// `f2` and `f4`.
    F32(ArrayD<f32>),
    /// `f8`.
    F64(ArrayD<f64>),
}

impl Elements {
    /// Reads an array from `reader`, which has `length` bytes. The error says what was found.
    pub(crate) fn read(length: u64, reader: &mut impl Read) -> Result<(Self, Header), Refusal> {
        let header = Header::read(reader)?;
        let item_size = item_size(&header.dtype).ok_or_else(|| no_numbers(&header))?;
        header.check_length(item_size, length)?;
        // `ndarray-npy` gets a header written anew from what was checked, so that it cannot
        // understand the header in another way.
        let checked = npy_header(&header.dtype, header.fortran, &header.shape);
        let elements = Self::read_checked(&mut checked.chain(reader), &header.dtype);
        Ok((elements.map_err(|error| error.to_string())?.in_order(), header))
    }

    /// The same array in C order.
    fn in_order(self) -> Self {
        // Nearly every file is in C order already, and its array is taken over without a copy.
        fn ordered<T: Clone>(array: ArrayD<T>) -> ArrayD<T> {
            if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() }
        }
        match self {
            Self::U8(array) => Self::U8(ordered(array)),
            Self::I64(array) => Self::I64(ordered(array)),
            Self::F32(array) => Self::F32(ordered(array)),
            Self::F64(array) => Self::F64(ordered(array)),
        }
    }

    /// The values as `f64`.
    pub(crate) fn into_f64(self) -> ArrayD<f64> {
        match self {
            Self::U8(array) => array.mapv(f64::from),
            Self::I64(array) => array.mapv(|value| value as f64),
            Self::F32(array) => array.mapv(f64::from),
            Self::F64(array) => array,
        }
    }

    fn read_checked(reader: &mut impl Read, dtype: &str) -> Result<Self, ReadNpyError> {
        Ok(match &dtype[1..] {
            "u1" => Self::U8(ArrayD::read_npy(reader)?),
            "b1" => Self::U8(ArrayD::<bool>::read_npy(reader)?.mapv(u8::from)),
            "i1" => Self::I64(ArrayD::<i8>::read_npy(reader)?.mapv(i64::from)),
            "i2" => Self::I64(ArrayD::<i16>::read_npy(reader)?.mapv(i64::from)),
            "u2" => Self::I64(ArrayD::<u16>::read_npy(reader)?.mapv(i64::from)),
            "i4" => Self::I64(ArrayD::<i32>::read_npy(reader)?.mapv(i64::from)),
            "u4" => Self::I64(ArrayD::<u32>::read_npy(reader)?.mapv(i64::from)),
            "i8" => Self::I64(ArrayD::read_npy(reader)?),
            // No value beyond 2^63 is a valid id or size. Saturating keeps such a value
            // recognizably absurd.
            "u8" => Self::I64(
                ArrayD::<u64>::read_npy(reader)?.mapv(|x| i64::try_from(x).unwrap_or(i64::MAX)),
            ),
            "f2" => Self::F32(ArrayD::<Half>::read_npy(reader)?.mapv(|x| x.0.to_f32())),
            "f4" => Self::F32(ArrayD::read_npy(reader)?),
            _ => Self::F64(ArrayD::read_npy(reader)?),
        })
    }
}

/// Refuses elements that are no numbers, and says how to make them numbers. The hint must differ
/// from saving the array as it is, which would write the same file again.
fn no_numbers(header: &Header) -> Refusal {
    let Header { dtype, shape, .. } = header;
    let found = format!("an array of dtype {dtype} and shape {}", shape_text(shape));
    let hint = match dtype.trim_start_matches(['<', '>', '=', '|']).as_bytes() {
        [b'[' | b'{', ..] => {
            "save one of its fields in a number dtype: np.save(FILE, x['FIELD'].astype('f4'))"
        }
        b"V2" => {
            "save it in a dtype that NumPy has, bfloat16 is none: np.save(FILE, x.astype('f4'))"
        }
        [b'c' | b'F' | b'D', ..] => {
            "save its real part or its size: np.save(FILE, abs(x).astype('f4'))"
        }
        [b'U' | b'S' | b'a', ..] => {
            "save numbers: np.save(FILE, x.astype('f4')), or the ids of names, \
             np.unique(x, return_inverse=True)[1]"
        }
        [b'M' | b'm', ..] => {
            "save it in a number dtype: np.save(FILE, x.astype('i8').astype('f8'))"
        }
        b"f16" | b"f12" | b"g" => {
            "save it in a dtype that every machine has: np.save(FILE, x.astype('f8'))"
        }
        _ => "save it in a number dtype: np.save(FILE, x.astype('f4'))",
    };
    Refusal::new(found, hint)
}

/// Gives the bytes per element of a supported dtype, spelled as NumPy writes it.
fn item_size(dtype: &str) -> Option<u64> {
    if let "|b1" | "|i1" | "|u1" = dtype {
        return Some(1);
    }
    match dtype.strip_prefix(['<', '>'])? {
        "i2" | "u2" | "f2" => Some(2),
        "i4" | "u4" | "f4" => Some(4),
        "i8" | "u8" | "f8" => Some(8),
        _ => None,
    }
}

/// `float16`, which `ndarray-npy` does not know.
#[derive(Clone, Copy)]
struct Half(f16);

impl ReadableElement for Half {
    fn read_to_end_exact_vec<R: Read>(
        mut reader: R,
        type_desc: &Value,
        len: usize,
    ) -> Result<Vec<Self>, ReadDataError> {
        let big_endian = match type_desc {
            Value::String(descr) if descr == "<f2" => false,
            Value::String(descr) if descr == ">f2" => true,
            _ => return Err(ReadDataError::WrongDescriptor(type_desc.clone())),
        };
        let mut bytes = vec![0u8; 2 * len];
        reader.read_exact(&mut bytes)?;
        let decode = |pair: &[u8]| {
            let pair = [pair[0], pair[1]];
            Self(if big_endian { f16::from_be_bytes(pair) } else { f16::from_le_bytes(pair) })
        };
        Ok(bytes.chunks_exact(2).map(decode).collect())
    }
}
