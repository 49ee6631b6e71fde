// Context layouts as rows: which fields there are, and at which sizes each may be read and written.
//
// The rules differ by field and by program type and follow no principle, so they are data. Tested by
// tests/progtypes/progtypes_test.cpp.
#pragma once

#include <cstdint>
#include <span>

#include "progtypes/progtype.hpp"

namespace skep::progtypes {

enum class Access : std::uint8_t {
  none,
  exact,   // the whole field only
  start,   // the whole field or a smaller power of two of its first bytes
  narrow,  // the whole field or any aligned part of it
};

// A run of fields of one width, side by side, under one rule. The first row that covers an access decides it.
struct Field {
  std::uint16_t begin = 0;
  std::uint16_t end = 0;  // behind the last field
  std::uint8_t width = 4;
  Access read = Access::none;
  Access write = Access::none;
  bool pairs = false;  // eight aligned bytes may be accessed as one although the fields have four
  CtxField kind = CtxField::scalar;
};

// Decides an access by rows; `more` is asked when no row of `rows` covers it.
CtxAccess access_field(std::span<const Field> rows, std::span<const Field> more, std::int32_t offset,
                       std::uint32_t size, bool write);

// A context of plain numbers that may be accessed at any aligned offset below `limit`.
CtxAccess access_plain(std::uint32_t limit, std::int32_t offset, std::uint32_t size, bool write, bool writable);

}  // namespace skep::progtypes
