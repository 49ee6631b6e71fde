// The calls of bpf_testmod. Those with more than five arguments, and those that call back into a table of programs, are
// verified and not run.
#include <atomic>
#include <memory>

#include "testmod.hpp"

namespace testmod {
namespace {

using skep::ProgType;
using Args = skep::HostCall;

constexpr std::uint64_t anyone = ~std::uint64_t{0};
constexpr std::uint64_t some = bit(ProgType::sched_cls) | bit(ProgType::tracing) | bit(ProgType::tracepoint) |
                               bit(ProgType::raw_tracepoint) | bit(ProgType::perf_event) | bit(ProgType::lsm) |
                               bit(ProgType::syscall) | bit(ProgType::struct_ops);

constexpr std::int64_t einval = -22;
constexpr std::uint32_t acquires = skep::host_acquire | skep::host_ret_null;
constexpr std::uint32_t may_miss_under_rcu = skep::host_ret_null | skep::host_rcu_protected;

template <typename T>
T* at(std::uint64_t address) {
  return reinterpret_cast<T*>(address);
}
template <typename T>
std::uint64_t result(T value) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
}

std::uint64_t nothing(const Args&) {
  return 0;
}
std::uint64_t first(const Args& a) {
  return a[0];
}

// ---- an iterator that gives one number n times

struct Sequence {
  std::int64_t value;
  std::int32_t left;
};

std::uint64_t sequence_new(const Args& a) {
  auto* it = at<Sequence>(a[0]);
  it->left = static_cast<std::int32_t>(a[2]);
  if (it->left < 0) return result(einval);
  it->value = static_cast<std::int64_t>(a[1]);
  return 0;
}
std::uint64_t sequence_next(const Args& a) {
  auto* it = at<Sequence>(a[0]);
  if (it->left <= 0) return 0;
  --it->left;
  return reinterpret_cast<std::uint64_t>(&it->value);
}
std::uint64_t sequence_value(const Args& a) {
  const auto* it = at<const Sequence>(a[1]);
  return it->left < 0 ? 0 : result(static_cast<std::int32_t>(a[0]) + it->value);
}
std::uint64_t sequence_destroy(const Args& a) {
  at<Sequence>(a[0])->left = 0;
  return 0;
}

// ---- objects: one that all share, and contexts of one's own

struct Shared {
  std::int32_t a = 42, b = 108;
  std::int32_t member[2] = {};
  Shared* next = nullptr;
  std::atomic<std::int32_t> count{1};
};

Shared& shared() {
  static Shared object;
  object.next = &object;
  return object;
}

std::uint64_t shared_acquire(const Args&) {
  shared().count.fetch_add(1);
  return reinterpret_cast<std::uint64_t>(&shared());
}
std::uint64_t shared_release(const Args& a) {
  if (a[0] != 0) at<Shared>(a[0])->count.fetch_sub(1);
  return 0;
}
// The object's first two numbers, if no more is asked for.
std::uint64_t shared_memory(const Args& a) {
  return static_cast<std::int32_t>(a[1]) > 8 ? 0 : a[0];
}

struct Context {
  void* rcu[2] = {};
  std::atomic<std::int32_t> usage{1};
};

std::uint64_t context_create(const Args&) {
  return reinterpret_cast<std::uint64_t>(std::make_unique<Context>().release());
}
std::uint64_t context_release(const Args& a) {
  auto* context = at<Context>(a[0]);
  if (context != nullptr && context->usage.fetch_sub(1) == 1) const std::unique_ptr<Context> last(context);
  return 0;
}

std::uint64_t trusted_object(const Args&) {
  static std::int32_t object[2];
  return reinterpret_cast<std::uint64_t>(object);
}

// ---- numbers

std::uint64_t sum_of_four(const Args& a) {
  return static_cast<std::uint32_t>(a[1]) + a[2] + static_cast<std::uint32_t>(a[3]) + a[4];
}
std::uint64_t sum_of_two(const Args& a) {
  return result(static_cast<std::int32_t>(static_cast<std::uint32_t>(a[1]) + static_cast<std::uint32_t>(a[2])));
}
// All must arrive negative, whatever their width: else the number of the first that did not.
std::uint64_t signed_sum(const Args& a) {
  const std::int64_t values[] = {static_cast<std::int8_t>(a[0]), static_cast<std::int16_t>(a[1]),
                                 static_cast<std::int32_t>(a[2])};
  std::int64_t sum = static_cast<std::int64_t>(a[3]);
  for (std::uint64_t i = 0; i < 3; ++i) {
    if (values[i] >= 0) return i + 1;
    sum += values[i];
  }
  return result(sum);
}
std::uint64_t implicit_argument(const Args& a) {
  const auto number = static_cast<std::int32_t>(a[0]);
  return result(number > 0 ? number : einval);
}
std::uint64_t implicit_sum(const Args& a) {
  return result(static_cast<std::int32_t>(a[0]) + static_cast<std::int32_t>(a[1]));
}
std::uint64_t add_ten(const Args& a) {
  return result(static_cast<std::int32_t>(*at<std::uint64_t>(a[0]) += 10));
}

// ---- arena memory

std::uint64_t arena_value(std::uint64_t address) {
  return address == 0 ? 0 : *at<const std::uint64_t>(address);
}
std::uint64_t arena_increment(const Args& a) {
  return (*at<std::uint64_t>(a[0]))++;
}
std::uint64_t arena_sum_of_two(const Args& a) {
  return arena_value(a[0]) + arena_value(a[1]);
}
std::uint64_t arena_sum_of_five(const Args& a) {
  std::uint64_t sum = 0;
  for (const std::uint64_t address : a.args) sum += arena_value(address);
  return sum;
}

void add_common(std::vector<skep::HostKfunc>& to) {
  to.insert(
      to.end(),
      {
          {"int bpf_iter_testmod_seq_new(struct bpf_iter_testmod_seq *it, s64 value, int cnt)", skep::host_iter_new,
           anyone, sequence_new},
          {"s64 *bpf_iter_testmod_seq_next(struct bpf_iter_testmod_seq *it)",
           skep::host_iter_next | skep::host_ret_null, anyone, sequence_next},
          {"s64 bpf_iter_testmod_seq_value(int val, struct bpf_iter_testmod_seq *it__iter)", 0, anyone, sequence_value},
          {"void bpf_iter_testmod_seq_destroy(struct bpf_iter_testmod_seq *it)", skep::host_iter_destroy, anyone,
           sequence_destroy},
          {"void bpf_kfunc_common_test(void)", 0, anyone, nothing},
          {"u64 bpf_kfunc_arena_arg_test(u64 *val__arena)", 0, anyone, arena_increment},
          {"u64 bpf_kfunc_arena_cap_test(u64 *val__arena)", 0, anyone, first},
          {"u64 bpf_kfunc_arena_cap_nullable_test(u64 *val__arena__nullable)", 0, anyone, first},
          {"u64 bpf_kfunc_arena_args5_test(u64 *a__arena, u64 *b__arena, u64 *c__arena, u64 *d__arena, "
           "u64 *e__arena__nullable)",
           0, anyone, arena_sum_of_five},
          {"u64 bpf_kfunc_arena_stack_arg_test(u64 a, u64 b, u64 c, u64 d, u64 e, u64 *f__arena)", 0, anyone, nullptr},
          {"u64 bpf_kfunc_arena_mixed_test(u64 *a__arena, u64 *b__arena__nullable)", 0, anyone, arena_sum_of_two},
          {"void bpf_kfunc_call_test_mem_len_pass1(void *mem, int mem__sz)", 0, anyone, nothing},
          {"void bpf_kfunc_dynptr_test(struct bpf_dynptr *ptr, struct bpf_dynptr *ptr__nullable)", 0, anyone, nothing},
          {"struct sk_buff *bpf_kfunc_nested_acquire_nonzero_offset_test(struct sk_buff_head *ptr)", skep::host_acquire,
           anyone, nothing},
          {"struct sk_buff *bpf_kfunc_nested_acquire_zero_offset_test(struct sock_common *ptr)", skep::host_acquire,
           anyone, nothing},
          {"void bpf_kfunc_nested_release_test(struct sk_buff *ptr)", skep::host_release, anyone, nothing},
          {"void bpf_kfunc_trusted_vma_test(struct vm_area_struct *ptr)", 0, anyone, nothing},
          {"void bpf_kfunc_trusted_task_test(struct task_struct *ptr)", 0, anyone, nothing},
          {"void bpf_kfunc_trusted_num_test(int *ptr)", 0, anyone, nothing},
          {"void bpf_kfunc_rcu_task_test(struct task_struct *ptr)", skep::host_rcu, anyone, nothing},
          {"struct task_struct *bpf_kfunc_ret_rcu_test(void)", may_miss_under_rcu, anyone, nothing},
          {"int *bpf_kfunc_ret_rcu_test_nostruct(int rdonly_buf_size)", may_miss_under_rcu, anyone, nothing},
          {"struct bpf_testmod_ctx *bpf_testmod_ctx_create(int *err)", acquires, anyone, context_create},
          {"void bpf_testmod_ctx_release(struct bpf_testmod_ctx *ctx)", skep::host_release, anyone, context_release,
           nullptr, "bpf_testmod_ctx"},
          {"void bpf_testmod_ops3_call_test_1(void)", 0, anyone, nullptr},
          {"void bpf_testmod_ops3_call_test_2(void)", 0, anyone, nullptr},
          {"int bpf_testmod_ops3_call_test_arena(u64 *ptr__arena)", 0, anyone, nullptr},
          {"int bpf_testmod_ops3_call_test_arena_nullable(u64 *ptr__arena__nullable)", 0, anyone, nullptr},
          {"int bpf_testmod_ops3_call_test_arena_stack(u64 *ptr__arena)", 0, anyone, nullptr},
          {"int bpf_testmod_ops3_call_test_arena_multislot(u64 *ptr__arena)", 0, anyone, nullptr},
          {"struct prog_test_member *bpf_kfunc_get_default_trusted_ptr_test(void)", 0, anyone, trusted_object},
          {"void bpf_kfunc_put_default_trusted_ptr_test(struct prog_test_member *trusted_ptr)", 0, anyone, nothing},
      });
}

void add_numbers(std::vector<skep::HostKfunc>& to) {
  constexpr std::uint32_t implicit = skep::host_implicit_args;
  to.insert(
      to.end(),
      {
          {"void bpf_testmod_test_mod_kfunc(int i)", skep::host_spin_lock_ok, some, nothing},
          {"u64 bpf_kfunc_call_test1(struct sock *sk, u32 a, u64 b, u32 c, u64 d)", 0, some, sum_of_four},
          {"int bpf_kfunc_call_test2(struct sock *sk, u32 a, u32 b)", 0, some, sum_of_two},
          {"struct sock *bpf_kfunc_call_test3(struct sock *sk)", 0, some, first},
          {"long bpf_kfunc_call_test4(signed char a, short b, int c, long d)", 0, some, signed_sum},
          {"int bpf_kfunc_call_test5(u8 a, u16 b, u32 c)", 0, some, nothing},
          {"int bpf_kfunc_st_ops_test_prologue(struct st_ops_args *args)", skep::host_sleepable, some, nullptr},
          {"int bpf_kfunc_st_ops_test_epilogue(struct st_ops_args *args)", skep::host_sleepable, some, nullptr},
          {"int bpf_kfunc_st_ops_test_pro_epilogue(struct st_ops_args *args)", skep::host_sleepable, some, nullptr},
          {"int bpf_kfunc_st_ops_inc10(struct st_ops_args *args)", 0, some, add_ten},
          {"int bpf_kfunc_multi_st_ops_test_1(struct st_ops_args *args, u32 id)", 0, some, nullptr},
          {"int bpf_kfunc_multi_st_ops_test_1_assoc(struct st_ops_args *args)", implicit, some, nullptr},
          {"int bpf_kfunc_implicit_arg(int a)", implicit, some, implicit_argument},
          {"int bpf_kfunc_implicit_arg_legacy(int a, int b)", implicit, some, implicit_sum},
          {"int bpf_kfunc_implicit_arg_legacy_impl(int a, int b, struct bpf_prog_aux *aux__ign)", 0, some,
           implicit_sum},
          {"void bpf_kfunc_trigger_ctx_check(void)", 0, some, nullptr},
      });
}

void add_stack_arguments(std::vector<skep::HostKfunc>& to) {
  for (const std::string_view prototype : {
           "u64 bpf_kfunc_call_stack_arg(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, u64 i, u64 j)",
           "u64 bpf_kfunc_call_stack_arg_ptr(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, u64 i, "
           "struct prog_test_pass1 *p)",
           "u64 bpf_kfunc_call_stack_arg_mix(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, "
           "struct prog_test_pass1 *p, u64 h, struct prog_test_pass1 *q)",
           "u64 bpf_kfunc_call_stack_arg_dynptr(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, u64 i, "
           "struct bpf_dynptr *ptr)",
           "u64 bpf_kfunc_call_stack_arg_mem(u64 a, u64 b, u64 c, u64 d, u64 e, void *mem, int mem__sz)",
           "u64 bpf_kfunc_call_stack_arg_iter(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, u64 i, "
           "struct bpf_iter_testmod_seq *it__iter)",
           "u64 bpf_kfunc_call_stack_arg_const_str(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, u64 i, "
           "const char *str__str)",
           "u64 bpf_kfunc_call_stack_arg_timer(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, u64 i, "
           "struct bpf_timer *timer)",
           "u64 bpf_kfunc_call_stack_arg_big(u64 a, u64 b, u64 c, u64 d, u64 e, struct prog_test_big_arg s)",
       })
    to.push_back({prototype, 0, some, nullptr});
}

void add_objects(std::vector<skep::HostKfunc>& to) {
  to.insert(
      to.end(),
      {
          {"void bpf_kfunc_call_test_mem_len_fail1(void *mem, int len)", 0, some, nothing},
          {"void bpf_kfunc_call_test_mem_len_fail2(u64 *mem, int len)", 0, some, nothing},
          {"struct prog_test_ref_kfunc *bpf_kfunc_call_test_acquire(unsigned long *scalar_ptr)", acquires, some,
           shared_acquire},
          {"void bpf_kfunc_call_test_release(struct prog_test_ref_kfunc *p)", skep::host_release, some, shared_release},
          {"struct prog_test_member *bpf_kfunc_call_memb_acquire(void)", acquires, some, nothing},
          {"void bpf_kfunc_call_memb_release(struct prog_test_member *p)", skep::host_release, some, nothing},
          {"void bpf_kfunc_call_memb1_release(struct prog_test_member1 *p)", skep::host_release, some, nothing},
          {"int *bpf_kfunc_call_test_get_rdwr_mem(struct prog_test_ref_kfunc *p, const int rdwr_buf_size)",
           skep::host_ret_null, some, shared_memory},
          {"int *bpf_kfunc_call_test_get_rdonly_mem(struct prog_test_ref_kfunc *p, const int rdonly_buf_size)",
           skep::host_ret_null, some, shared_memory},
          {"int *bpf_kfunc_call_test_acq_rdonly_mem(struct prog_test_ref_kfunc *p, const int rdonly_buf_size)",
           acquires, some, shared_memory},
          {"void bpf_kfunc_call_int_mem_release(int *p)", skep::host_release, some, nothing},
          {"void bpf_kfunc_call_test_pass_ctx(struct __sk_buff *skb)", 0, some, nothing},
          {"void bpf_kfunc_call_test_pass1(struct prog_test_pass1 *p)", 0, some, nothing},
          {"void bpf_kfunc_call_test_pass2(struct prog_test_pass2 *p)", 0, some, nothing},
          {"void bpf_kfunc_call_test_fail1(struct prog_test_fail1 *p)", 0, some, nothing},
          {"void bpf_kfunc_call_test_fail2(struct prog_test_fail2 *p)", 0, some, nothing},
          {"void bpf_kfunc_call_test_fail3(struct prog_test_fail3 *p)", 0, some, nothing},
          {"void bpf_kfunc_call_test_ref(struct prog_test_ref_kfunc *p)", skep::host_rcu, some, nothing},
          {"void bpf_kfunc_call_test_destructive(void)", skep::host_destructive, some, nothing},
          {"u32 bpf_kfunc_call_test_static_unused_arg(u32 arg, u32 unused)", 0, some, first},
          {"void bpf_kfunc_call_test_offset(struct prog_test_ref_kfunc *p)", 0, some, nothing},
          {"void bpf_kfunc_call_test_sleepable(void)", skep::host_sleepable, some, nothing},
          {"int bpf_kfunc_call_test_call_rcu_tasks_trace(int *done)", 0, some, nullptr},
      });
}

}  // namespace

void add_calls(skep::HostModule& module) {
  add_common(module.kfuncs);
  add_numbers(module.kfuncs);
  add_stack_arguments(module.kfuncs);
  add_objects(module.kfuncs);
  // With the argument that the verifier supplies written out: the types know it, and no program may call it.
  module.functions.push_back("int bpf_kfunc_implicit_arg_impl(int a, struct bpf_prog_aux *aux)");
  module.functions.push_back(
      "int bpf_kfunc_multi_st_ops_test_1_assoc_impl(struct st_ops_args *args, "
      "struct bpf_prog_aux *aux)");
}

}  // namespace testmod
