// Lists and trees of objects, linked through fields of the objects themselves.
//
// Zero bytes are an empty list, an empty tree, and a node that is in none. A node remembers what holds it, so that a
// node of another list, or of none, is told apart. The order of a tree is the program's own function, and its shape is
// red_black.hpp's. Tested by tests/calls/runtime_test.cpp.
#include "calls/impl/objects.hpp"
#include "calls/impl/red_black.hpp"
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

struct ListNode {
  ListNode *next, *previous;
  std::uint64_t owner;
};
struct ListHead {
  ListNode *first, *last;
};

// The object of a node that the call in hand adds.
std::uint64_t object_of(CallEnv& env, const void* node) {
  return address(node) - env.call_site().value;
}
// A node that is held already cannot be added: the program's reference is given up all the same.
template <typename Node>
bool claim(CallEnv& env, Node& node, std::uint64_t owner) {
  std::uint64_t none = 0;
  object_given_up(env, object_of(env, &node));
  if (__atomic_compare_exchange_n(&node.owner, &none, owner, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return true;
  drop_object(pointer<void>(object_of(env, &node)));
  return false;
}
// A node that was taken out is the program's own from now on.
CallResult taken_out(CallEnv& env, void* node) {
  if (node != nullptr && env.call_site().field) held_object(env, address(node) - env.call_site().field->node_offset);
  return result_of(node);
}
template <typename Node>
bool held_by(const Node& node, std::uint64_t owner) {
  return __atomic_load_n(&node.owner, __ATOMIC_ACQUIRE) == owner;
}
template <typename Node>
void let_go(Node& node) {
  __atomic_store_n(&node.owner, 0, __ATOMIC_RELEASE);
}

void insert_after(ListHead& head, ListNode* previous, ListNode& node) {
  ListNode* next = previous != nullptr ? previous->next : head.first;
  node.previous = previous;
  node.next = next;
  (previous != nullptr ? previous->next : head.first) = &node;
  (next != nullptr ? next->previous : head.last) = &node;
}
void unlink(ListHead& head, ListNode& node) {
  (node.previous != nullptr ? node.previous->next : head.first) = node.next;
  (node.next != nullptr ? node.next->previous : head.last) = node.previous;
  node.next = node.previous = nullptr;
  let_go(node);
}
CallResult pop(CallEnv& env, ListHead& head, ListNode* node) {
  if (node != nullptr) unlink(head, *node);
  return taken_out(env, node);
}

void remove(TreeRoot& root, TreeNode& node) {
  tree_remove(root, node);
  let_go(node);
}

// state: root, node, the program's order, the node it is compared with
CallResult descend(CallEnv& env, Continuation& self, std::uint64_t less) {
  auto& [root_address, node_address, order, at_address, u0, u1, u2, u3] = self.state;
  auto& root = *pointer<TreeRoot>(root_address);
  auto& node = *pointer<TreeNode>(node_address);
  auto& at = *pointer<TreeNode>(at_address);
  TreeNode*& next = less != 0 ? at.left : at.right;
  if (next != nullptr) {
    at_address = address(next);
    return env.invoke(*pointer<const runtime::Subprogram>(order), {node_address, at_address}, self);
  }
  object_given_up(env, object_of(env, &node));
  tree_insert(root, node, &at, next);
  return CallResult::of(0);
}

}  // namespace

void release_list(void* head_address, std::uint32_t node_offset) {
  auto& head = *static_cast<ListHead*>(head_address);
  while (ListNode* node = head.first) {
    unlink(head, *node);
    drop_object(reinterpret_cast<std::uint8_t*>(node) - node_offset);
  }
}
void release_tree(void* root_address, std::uint32_t node_offset) {
  auto& root = *static_cast<TreeRoot*>(root_address);
  while (TreeNode* node = root.top) {
    remove(root, *node);
    drop_object(reinterpret_cast<std::uint8_t*>(node) - node_offset);
  }
}

SKEP_CALL(bpf_list_push_front) {
  auto& node = *pointer<ListNode>(r2);
  if (!claim(env, node, r1)) return CallResult::error(-EINVAL);
  insert_after(*pointer<ListHead>(r1), nullptr, node);
  return CallResult::of(0);
}
SKEP_CALL(bpf_list_push_front_impl) {
  return bpf_list_push_front(env, r1, r2, r3, r4, r5);
}
SKEP_CALL(bpf_list_push_back) {
  auto& node = *pointer<ListNode>(r2);
  if (!claim(env, node, r1)) return CallResult::error(-EINVAL);
  auto& head = *pointer<ListHead>(r1);
  insert_after(head, head.last, node);
  return CallResult::of(0);
}
SKEP_CALL(bpf_list_push_back_impl) {
  return bpf_list_push_back(env, r1, r2, r3, r4, r5);
}
SKEP_CALL(bpf_list_add) {
  auto& node = *pointer<ListNode>(r2);
  auto& previous = *pointer<ListNode>(r3);
  if (!held_by(previous, r1)) {
    object_given_up(env, object_of(env, &node));
    drop_object(pointer<void>(object_of(env, &node)));
    return CallResult::error(-EINVAL);
  }
  if (!claim(env, node, r1)) return CallResult::error(-EINVAL);
  insert_after(*pointer<ListHead>(r1), &previous, node);
  return CallResult::of(0);
}
SKEP_CALL(bpf_list_pop_front) {
  auto& head = *pointer<ListHead>(r1);
  return pop(env, head, head.first);
}
SKEP_CALL(bpf_list_pop_back) {
  auto& head = *pointer<ListHead>(r1);
  return pop(env, head, head.last);
}
SKEP_CALL(bpf_list_del) {
  auto& node = *pointer<ListNode>(r2);
  if (!held_by(node, r1)) return CallResult::of(0);
  return pop(env, *pointer<ListHead>(r1), &node);
}
SKEP_CALL(bpf_list_front) {
  return result_of(pointer<ListHead>(r1)->first);
}
SKEP_CALL(bpf_list_back) {
  return result_of(pointer<ListHead>(r1)->last);
}
SKEP_CALL(bpf_list_empty) {
  return CallResult::of(pointer<ListHead>(r1)->first == nullptr);
}
SKEP_CALL(bpf_list_is_first) {
  auto& node = *pointer<ListNode>(r2);
  return CallResult::of(held_by(node, r1) && pointer<ListHead>(r1)->first == &node);
}
SKEP_CALL(bpf_list_is_last) {
  auto& node = *pointer<ListNode>(r2);
  return CallResult::of(held_by(node, r1) && pointer<ListHead>(r1)->last == &node);
}

SKEP_CALL(bpf_rbtree_add) {
  auto& root = *pointer<TreeRoot>(r1);
  auto& node = *pointer<TreeNode>(r2);
  if (!claim(env, node, r1)) return CallResult::error(-EINVAL);
  if (root.top == nullptr) {
    tree_insert(root, node, nullptr, root.top);
    return CallResult::of(0);
  }
  held_object(env, object_of(env, &node));  // it is in no tree until its place is found
  const std::uint64_t top = address(root.top);
  return env.invoke(*pointer<const runtime::Subprogram>(r3), {r2, top}, Continuation{descend, {r1, r2, r3, top}});
}
SKEP_CALL(bpf_rbtree_add_impl) {
  return bpf_rbtree_add(env, r1, r2, r3, r4, r5);
}
SKEP_CALL(bpf_rbtree_remove) {
  auto& node = *pointer<TreeNode>(r2);
  if (!held_by(node, r1)) return CallResult::of(0);
  remove(*pointer<TreeRoot>(r1), node);
  return taken_out(env, &node);
}
SKEP_CALL(bpf_rbtree_first) {
  const TreeNode* node = pointer<TreeRoot>(r1)->top;
  while (node != nullptr && node->left != nullptr) node = node->left;
  return result_of(node);
}
SKEP_CALL(bpf_rbtree_root) {
  return result_of(pointer<TreeRoot>(r1)->top);
}
SKEP_CALL(bpf_rbtree_left) {
  const auto& node = *pointer<TreeNode>(r2);
  return held_by(node, r1) ? result_of(node.left) : CallResult::of(0);
}
SKEP_CALL(bpf_rbtree_right) {
  const auto& node = *pointer<TreeNode>(r2);
  return held_by(node, r1) ? result_of(node.right) : CallResult::of(0);
}

}  // namespace skep::calls::impl
