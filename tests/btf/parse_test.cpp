// What is refused and with which words (as Linux 7.3 was seen to), and that no bytes whatever do harm.
#include <gtest/gtest.h>

#include "btf/btf.hpp"
#include "btf/module_builder.hpp"
#include "btf/raw_btf.hpp"

namespace skep::btf {
namespace {

using test::info;
using test::RawBtf;

struct Refusal {
  const char* what;
  std::vector<std::uint32_t> words;  // after [1] INT int; name 5 is "n"
  int error;
  const char* message;
};

TEST(Parse, RefusesInTheKernelsWords) {
  const Refusal table[] = {
      {"loop",
       {0, info(3), 0, 3, 1, 8, 0, info(3), 0, 2, 1, 8},
       -17,
       "[2] ARRAY (anon) type_id=3 index_type_id=1 nr_elems=8 Loop detected"},
      {"self", {0, info(10), 2}, -17, "[2] CONST (anon) type_id=2 Loop detected"},
      {"member of void",
       {0, info(10), 0, 0, info(4, 1), 8, 5, 2, 0},
       -22,
       "[3] STRUCT (anon) size=8 vlen=1\n\tn type_id=2 bits_offset=0 Invalid member"},
      {"member too far",
       {0, info(4, 1), 2, 5, 1, 0},
       -22,
       "[2] STRUCT (anon) size=2 vlen=1\n\tn type_id=1 bits_offset=0 Member exceeds struct_size"},
      {"kind", {0, info(0x7f), 0}, -22, "[2] Invalid kind:127"},
      {"name offset", {99, info(2), 1}, -22, "[2] Invalid name_offset:99"},
      {"cut off", {0, info(4, 9), 4}, -22, "[2] STRUCT (anon) meta_left:0 meta_needed:108"},
      {"nameless typedef", {0, info(8), 1}, -22, "[2] TYPEDEF (anon) type_id=1 Invalid name"},
      {"no such type", {0, info(2), 77}, -22, "[2] PTR (anon) type_id=77 Invalid type_id"},
      {"huge array",
       {0, info(3), 0, 1, 1, 0x40000000},
       -22,
       "[2] ARRAY (anon) type_id=1 index_type_id=1 nr_elems=1073741824 Array size overflows U32_MAX"},
      {"encoding",
       {0, info(1), 4, 3u << 24 | 32},
       -524,
       "[2] INT (anon) size=4 bits_offset=0 nr_bits=32 encoding=UNKN Unsupported encoding"},
  };
  for (const Refusal& row : table) {
    RawBtf raw;
    raw.integer();
    raw.name("n");
    for (const std::uint32_t word : row.words) raw.words({word});
    ParseError error;
    EXPECT_EQ(Btf::parse(raw.bytes(), nullptr, false, error), nullptr) << row.what;
    EXPECT_EQ(error.error, row.error) << row.what;
    EXPECT_EQ(error.message, row.message) << row.what;
  }
}

TEST(Parse, EveryTruncationIsRefused) {
  const auto whole = small_kernel_btf();
  ASSERT_FALSE(whole.empty());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ParseError error;
    EXPECT_EQ(Btf::parse(std::span(whole).first(size), nullptr, false, error), nullptr) << size;
    EXPECT_LT(error.error, 0);
  }
}

TEST(Parse, AnyByteChangedDoesNoHarm) {
  auto raw = small_kernel_btf();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    for (const std::uint8_t flip : {0x01, 0x80, 0xff}) {
      raw[i] ^= flip;
      for (const bool trusted : {false, true}) {
        ParseError error;
        if (const auto btf = Btf::parse(raw, nullptr, trusted, error)) {
          for (TypeId id = 0; id < btf->type_count(); ++id) {
            EXPECT_FALSE(btf->describe(id).empty());
            btf->size_of(id);
            btf->access(id, 3, 8);
          }
        } else {
          EXPECT_LT(error.error, 0);
        }
      }
      raw[i] ^= flip;
    }
  }
}

}  // namespace
}  // namespace skep::btf
