// Rules of single helpers that their entries do not say, and kernel objects that programs are given: what 7.3 refuses.
#include "btf/module_builder.hpp"
#include "support/verify.hpp"

namespace skep::test {
namespace {

// r7: a map's value; r8: a number below 8.
#define VALUE                                             \
  "r6 = r1; *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8;"    \
  "r1 = map 4; call 1; if r0 != 0 goto +2; r0 = 0; exit;" \
  "r7 = r0; r8 = *(u64 *)(r7 +0); r8 &= 7;"

TEST(HelperRules, Rows) {
  const Row rows[] = {
      {"set_retval takes numbers only", VALUE "r1 = r7; call 187; r0 = 1; exit", "R1 is not a scalar",
       ProgType::cgroup_sysctl},
      {"a number is taken", "r1 = -1; call 187; r0 = 1; exit", "", ProgType::cgroup_sysctl},
      {"results of a fixed size are written whole: aligned in the value",
       VALUE "*(u64 *)(r10 -16) = 0; r1 = r10; r1 += -16; r2 = 8; r3 = 0; r4 = r7; r4 += r8; call 105; r0 = 0; exit",
       "misaligned value access off (0x0; 0x7)+0 size 8"},
      {"at a place that is a multiple",
       VALUE "*(u64 *)(r10 -16) = 0; r1 = r10; r1 += -16; r2 = 8; r3 = 0; r4 = r7; r4 += 40; call 105; r0 = 0; exit"},
      {"nothing is traced by a perf event", "call 173; r0 = 0; exit",
       "func bpf_get_func_ip#173 not supported for program type 7", ProgType::perf_event},
      {"but by a kprobe", "call 173; r0 = 0; exit", "", ProgType::kprobe},
  };
  for (const Row& row : rows) expect(row);
}

// Programs at functions and tables of a small kernel of the test's own.
struct ObjectRow {
  const char* about;
  const char* text;
  const char* message;  // empty: accepted
  ProgType type;
  AttachType attach;
  const char* target;  // a function, or the table of a struct_ops program
  std::uint32_t member = 0;
};

constexpr const char* structs[] = {
    "struct nf_conn { unsigned int status; unsigned int mark; }",
    "struct bpf_sk_buff_ptr { int unused; }",
    "struct sk_buff { unsigned int len; unsigned long long tstamp; char cb[48]; }",
    "struct Qdisc { unsigned int flags; unsigned int limit; struct Qdisc *next_sched; }",
    "struct Qdisc_ops { int (*enqueue)(struct sk_buff *skb, struct Qdisc *sch, struct sk_buff **to_free); "
    "struct sk_buff *(*dequeue)(struct Qdisc *sch); }",
    "struct arena_ops { int (*use)(unsigned long long *ptr); }",
    "struct bpf_map { int id; }",
    "struct bpf_link { int id; }",
};
constexpr const char* functions[] = {
    "int Qdisc_ops__enqueue(struct sk_buff *skb__ref, struct Qdisc *sch, struct sk_buff **to_free)",
    "int arena_ops__use(unsigned long long *ptr__arena)",
    "int bpf_iter_bpf_link(struct bpf_map *meta, struct bpf_link *link)",
    "int bpf_iter_bpf_map_elem(struct bpf_map *meta, struct bpf_map *map, void *key, void *value)",
    "int bpf_lsm_file_open(struct sk_buff *skb)",
    "int bpf_lsm_conn(struct nf_conn *conn)",
};

std::shared_ptr<const btf::Btf> small_kernel() {
  btf::ModuleBuilder builder(nullptr);
  std::string error;
  for (const char* text : structs) EXPECT_TRUE(builder.add_struct(text, error)) << text << ": " << error;
  for (const char* text : functions) EXPECT_TRUE(builder.add_traced_function(text, error)) << text << ": " << error;
  btf::ParseError parse_error;
  return btf::Btf::parse(builder.finish(), nullptr, true, parse_error);
}

void expect(const ObjectRow& row) {
  SCOPED_TRACE(row.about);
  FakeResolver resolver;
  resolver.kernel = small_kernel();
  ASSERT_TRUE(resolver.kernel);
  add_usual_maps(resolver);
  const auto insns = assemble(row.text);
  verifier::Input input;
  input.name = "test";
  input.type = progtypes::find(row.type);
  input.insns = insns;
  input.resolver = &resolver;
  input.traits.attach_type = row.attach;
  const bool table = row.type == ProgType::struct_ops;
  verifier::AttachTarget target;
  target.btf = resolver.kernel;
  target.type = resolver.kernel->find(row.target, table ? btf::Kind::struct_ : btf::Kind::func);
  target.name = row.target;
  target.member = row.member;
  ASSERT_NE(target.type, 0U);
  if (table) {
    input.traits.struct_ops_type = row.target;
    const auto members = resolver.kernel->members(resolver.kernel->type(target.type));
    ASSERT_LT(row.member, members.size());
    input.traits.struct_ops_member = members[row.member].name;
  } else {
    input.traits.attach_function = row.target;
  }
  input.attach = target;
  const auto output = verifier::verify(input);
  const std::string said = output.refusal ? last_line(output.refusal->message) : std::string();
  EXPECT_EQ(said, row.message) << (output.refusal ? output.refusal->message : "");
  EXPECT_EQ(output.error == 0, said.empty());
}

TEST(KernelObjects, StoresOfQdiscs) {
  // Every row ends without giving the packet up, which is what an accepted store
  // comes to.
  constexpr const char* leak = "BPF_EXIT instruction in main prog would lead to reference leak";
  const auto row = [](const char* about, const char* text, const char* message) {
    return ObjectRow{about, text, message, ProgType::struct_ops, AttachType{}, "Qdisc_ops", 0};
  };
  const ObjectRow rows[] = {
      row("the limit", "r1 = *(u64 *)(r1 +8); *(u32 *)(r1 +4) = 1; r0 = 0; exit", leak),
      row("another field", "r1 = *(u64 *)(r1 +8); *(u32 *)(r1 +0) = 1; r0 = 0; exit",
          "R1 cannot write into ptr_Qdisc at off=0 size=4"),
      row("a field's end", "r1 = *(u64 *)(r1 +8); *(u16 *)(r1 +6) = 1; r0 = 0; exit",
          "R1 cannot write into ptr_Qdisc at off=6 size=2"),
      row("beyond it", "r1 = *(u64 *)(r1 +8); *(u64 *)(r1 +4) = 1; r0 = 0; exit",
          "R1 cannot write into ptr_Qdisc at off=4 size=8"),
      row("through a pointer that may fault",
          "r1 = *(u64 *)(r1 +8); r1 = *(u64 *)(r1 +8); *(u32 *)(r1 +4) = 1; r0 = 0; exit", "only read is supported"),
      row("the packet's header", "r1 = *(u64 *)(r1 +0); *(u8 *)(r1 +16) = 1; r0 = 0; exit",
          "R1 cannot write into ptr_sk_buff at off=16 size=1"),
      row("what is the program's in its control block", "r1 = *(u64 *)(r1 +0); *(u8 *)(r1 +24) = 1; r0 = 0; exit",
          leak),
      row("its last byte", "r1 = *(u64 *)(r1 +0); *(u8 *)(r1 +43) = 1; r0 = 0; exit", leak),
      row("the byte behind", "r1 = *(u64 *)(r1 +0); *(u8 *)(r1 +44) = 1; r0 = 0; exit",
          "R1 cannot write into ptr_sk_buff at off=44 size=1"),
      row("the list of packets to free is an object that nothing is stored into",
          "r1 = *(u64 *)(r1 +16); *(u32 *)(r1 +0) = 1; r0 = 0; exit",
          "R1 cannot write into ptr_bpf_sk_buff_ptr at off=0 size=4"),
  };
  for (const ObjectRow& r : rows) expect(r);
}

TEST(KernelObjects, ReturnedByMembers) {
  const ObjectRow rows[] = {
      {"a member that gives no object keeps none", "r0 = *(u64 *)(r1 +0); exit",
       "BPF_EXIT instruction in main prog would lead to reference leak", ProgType::struct_ops, AttachType{},
       "Qdisc_ops", 0},
      {"nothing instead of one", "r0 = 0; exit", "", ProgType::struct_ops, AttachType{}, "Qdisc_ops", 1},
      {"an object of another kind", "r0 = *(u64 *)(r1 +0); exit",
       "At program exit the register R0 is not a known value (trusted_ptr_)", ProgType::struct_ops, AttachType{},
       "Qdisc_ops", 1},
  };
  for (const ObjectRow& row : rows) expect(row);
}

TEST(KernelObjects, ArenaArgumentsNeedAnArena) {
  expect({"none", "r0 = 0; exit", "arena argument of use requires a program with an associated arena",
          ProgType::struct_ops, AttachType{}, "arena_ops", 0});
}

TEST(KernelObjects, ConntrackEntriesAreReadOnly) {
  expect({"the mark", "r1 = *(u64 *)(r1 +0); *(u32 *)(r1 +4) = 1; r0 = 0; exit", "only read is supported",
          ProgType::lsm, AttachType::lsm_mac, "bpf_lsm_conn", 0});
}

TEST(KernelObjects, ArgumentsOfIterators) {
  const ObjectRow rows[] = {
      {"a map's iterator always has the map", "r1 = *(u64 *)(r1 +8); r0 = *(u32 *)(r1 +0); r0 = 0; exit", "",
       ProgType::tracing, AttachType::trace_iter, "bpf_iter_bpf_map_elem"},
      {"a link may be gone, and is not to be trusted", "r1 = *(u64 *)(r1 +8); r0 = *(u32 *)(r1 +0); r0 = 0; exit",
       "R1 invalid mem access 'ptr_or_null_'", ProgType::tracing, AttachType::trace_iter, "bpf_iter_bpf_link"},
  };
  for (const ObjectRow& row : rows) expect(row);
}

TEST(KernelObjects, ResultsOfHooksHaveTheirRange) {
  expect({"a result handed on", "r0 = *(u64 *)(r1 +8); exit", "", ProgType::lsm, AttachType::lsm_mac,
          "bpf_lsm_file_open"});
}

}  // namespace
}  // namespace skep::test
