// Which member of a struct an access reaches, and which accesses reach none.
#include <cerrno>

#include "btf/raw_btf.hpp"
#include "btf/text_btf.hpp"

namespace skep::btf {
namespace {

struct Row {
  const char* about;
  std::uint64_t offset;
  std::uint32_t size;
  Btf::Access::What what;
  const char* member;   // reached
  const char* message;  // or refused
};

TEST(Walk, MembersThatAccessesReach) {
  using What = Btf::Access::What;
  const auto btf = test::btf_of({"struct leaf { int a; int b; }",
                                 "struct tree { struct leaf one; struct leaf many[3]; struct leaf *next; "
                                 "unsigned char bytes[6]; short tail; }"});
  const TypeId tree = btf->find("tree", Kind::struct_);
  ASSERT_NE(tree, 0U);
  ASSERT_EQ(btf->size_of(tree), 48U);
  const Row rows[] = {
      {"the first member of a nested struct", 0, 4, What::scalar, "a", ""},
      {"a part of it", 2, 1, What::scalar, "a", ""},
      {"its second", 4, 4, What::scalar, "b", ""},
      {"across two members", 0, 8, What::error, "",
       "access beyond the end of member a (mend:4) in struct leaf with off 0 size 8"},
      {"in the second element of an array of structs", 20, 4, What::scalar, "b", ""},
      {"a pointer, whole", 32, 8, What::pointer, "next", ""},
      {"a pointer, in part", 32, 4, What::error, "",
       "cannot access ptr member next with moff 32 in struct tree with off 32 size 4"},
      {"inside a pointer", 36, 4, What::error, "",
       "cannot access ptr member next with moff 32 in struct tree with off 36 size 4"},
      {"across elements of an array of bytes", 41, 4, What::scalar, "bytes", ""},
      {"over the end of an array of bytes", 44, 4, What::error, "",
       "access beyond the end of member bytes (mend:46) in struct tree with off 44 size 4"},
      {"the last member", 46, 2, What::scalar, "tail", ""},
      {"behind the struct", 48, 1, What::error, "", "access beyond struct tree at off 48 size 1"},
      {"over its end", 46, 4, What::error, "", "access beyond struct tree at off 46 size 4"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.about);
    const Btf::Access got = btf->access(tree, row.offset, row.size);
    EXPECT_EQ(got.what, row.what);
    EXPECT_EQ(got.message, row.message);
    if (row.what != What::error) {
      EXPECT_EQ(got.member, row.member);
    }
  }
  EXPECT_EQ(btf->access(tree, 32, 8).type, btf->find("leaf", Kind::struct_));
}

TEST(Walk, HolesHoldNothing) {
  const auto btf = test::btf_of({"struct holed { char a; long b; }"});
  const auto got = btf->access(btf->find("holed", Kind::struct_), 4, 2);
  EXPECT_EQ(got.what, Btf::Access::What::error);
  EXPECT_EQ(got.error, -EINVAL);
  EXPECT_EQ(got.message, "struct holed doesn't have field at offset 4");
}

TEST(Walk, BehindAStructOnlyAFlexibleArrayGoesOn) {
  const auto btf =
      test::btf_of({"struct flexible { int count; int data[0]; }", "struct fixed { int count; int data[1]; }"});
  const auto flexible = btf->access(btf->find("flexible", Kind::struct_), 400, 4);
  EXPECT_EQ(flexible.what, Btf::Access::What::scalar);
  EXPECT_EQ(flexible.member, "data");
  const auto fixed = btf->access(btf->find("fixed", Kind::struct_), 8, 4);
  EXPECT_EQ(fixed.what, Btf::Access::What::error);
  EXPECT_EQ(fixed.error, -EACCES);
}

TEST(Walk, NobodyKnowsWhichMemberOfAUnionIsAlive) {
  const auto btf = test::btf_of(
      {"union either { long number; struct either_s *pointer; }", "struct either_s { int kind; union either u; }"});
  const auto got = btf->access(btf->find("either_s", Kind::struct_), 8, 8);
  EXPECT_TRUE(got.through_union);
  EXPECT_FALSE(btf->access(btf->find("either_s", Kind::struct_), 0, 4).through_union);
}

// As Linux 7.3 answers for the cgroup before `kn`, and for uclamp_se.
TEST(Walk, HolesAndPartsOfBitFieldsAreNoFields) {
  test::RawBtf raw;
  raw.integer();
  raw.words({0, test::info(2), 1});
  raw.words({raw.name("s"), test::info(4, 5, true), 24, raw.name("first"), 1, 0, raw.name("p"), 2, 64,  //
             raw.name("a"), 1, 11U << 24 | 128, raw.name("b"), 1, 5U << 24 | 139, raw.name("c"), 1, 1U << 24 | 144});
  ParseError error;
  const auto btf = Btf::parse(raw.bytes(), nullptr, true, error);
  ASSERT_NE(btf, nullptr) << error.message;
  const auto said = [&](std::uint64_t offset, std::uint32_t size) { return btf->access(3, offset, size).message; };
  EXPECT_EQ(said(4, 8), "struct s doesn't have field at offset 4");
  EXPECT_EQ(said(8, 8), "");
  EXPECT_EQ(btf->access(3, 16, 4).what, Btf::Access::What::scalar);
  EXPECT_EQ(btf->access(3, 16, 2).what, Btf::Access::What::scalar);
  EXPECT_EQ(said(16, 1), "struct s doesn't have field at offset 16");
  EXPECT_EQ(btf->access(3, 17, 1).what, Btf::Access::What::scalar) << "all of b";
  EXPECT_EQ(btf->access(3, 18, 1).what, Btf::Access::What::scalar);
  EXPECT_EQ(said(19, 1), "struct s doesn't have field at offset 19");
}

// As Linux 7.3 answers for kernel_siginfo's _sifields, rcu_special and bpf_attr.
TEST(Walk, PlainMembersOfAUnionMayBeReadAcross) {
  const auto btf = test::btf_of({"struct first { int a; int b; struct either_s *p; }",
                                 "union many { struct first one; int number; }",
                                 "struct holder { int kind; int more; union many u; }"});
  const TypeId holder = btf->find("holder", Kind::struct_);
  EXPECT_EQ(btf->access(holder, 8, 8).what, Btf::Access::What::scalar);
  EXPECT_EQ(btf->access(holder, 11, 2).what, Btf::Access::What::scalar);
  EXPECT_EQ(btf->access(holder, 0, 8).message,
            "access beyond the end of member kind (mend:4) in struct holder with off 0 size 8");
  EXPECT_EQ(btf->access(holder, 16, 4).message,
            "cannot access ptr member p with moff 8 in struct first with off 8 size 4");
  const auto over = test::btf_of({"struct small { int a; int b; }", "union two { struct small s; long wide[2]; }"});
  EXPECT_EQ(over->access(over->find("two", Kind::union_), 4, 8).message, "access beyond struct small at off 4 size 8");
}

// Also of what is no struct: char *, void *, functions. What it points to may be read, whatever comes.
TEST(Walk, EveryPointerIsOne) {
  const auto btf = test::btf_of({"struct pointers { char *text; void *any; int **twice; }"});
  for (const unsigned offset : {0U, 8U, 16U}) {
    const auto got = btf->access(btf->find("pointers", Kind::struct_), offset, 8);
    EXPECT_EQ(got.what, Btf::Access::What::pointer);
    EXPECT_FALSE(btf->type(got.type).is_struct_or_union());
  }
}

TEST(Walk, AStructHoldsWhatBeginsWhereItDoes) {
  const auto btf = test::btf_of({"struct inner { int a; }", "struct middle { struct inner first; int b; }",
                                 "struct outer { struct middle first; struct inner second; }"});
  const TypeId inner = btf->find("inner", Kind::struct_), outer = btf->find("outer", Kind::struct_);
  EXPECT_TRUE(btf->contains_at(outer, 0, *btf, outer, true));
  EXPECT_TRUE(btf->contains_at(outer, 0, *btf, inner, false)) << "the first member of the first member";
  EXPECT_FALSE(btf->contains_at(outer, 0, *btf, inner, true)) << "strictly it is another type";
  EXPECT_TRUE(btf->contains_at(outer, 8, *btf, inner, false));
  EXPECT_FALSE(btf->contains_at(outer, 4, *btf, inner, false));
  EXPECT_FALSE(btf->contains_at(inner, 0, *btf, outer, false));
}

}  // namespace
}  // namespace skep::btf
