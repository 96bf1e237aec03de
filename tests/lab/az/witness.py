"""Reads the simulator with Microsoft's own management clients, and prints what came through their models.

An outside witness: if a field had another name or place than in Azure's interface, its model would be empty there. Each
value is taken from an attribute of a model, never from the raw answer.

usage: witness.py ORIGIN CA SUBSCRIPTION   (IDENTITY_ENDPOINT and IDENTITY_HEADER in the environment)
"""

import datetime
import enum
import json
import os
import re
import sys
import time
import urllib.parse
import urllib.request

from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.dataprotection import DataProtectionMgmtClient
from azure.mgmt.kubernetesconfiguration.extensions import KubernetesConfigurationExtensionsMgmtClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.policyinsights import PolicyInsightsClient
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.storage import StorageManagementClient

ORIGIN, CA, SUBSCRIPTION = sys.argv[1:4]


class Identity:
    """The App Service identity endpoint, as azure-identity asks it."""

    def get_token(self, *scopes, **_):
        resource = scopes[0].removesuffix("/.default")
        url = os.environ["IDENTITY_ENDPOINT"] + "?" + urllib.parse.urlencode({"api-version": "2019-08-01", "resource": resource})
        request = urllib.request.Request(url, headers={"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]})
        with urllib.request.urlopen(request) as answer:
            token = json.load(answer)
        return AccessToken(token["access_token"], int(token["expires_on"]))


class Version(SansIOHTTPPolicy):
    """Asks in the version that the plugin asks in. Some clients have one of their own for each call."""

    def __init__(self, version):
        self.version = version

    def on_request(self, request):
        request.http_request.url = re.sub(r"(?<=[?&]api-version=)[^&]*", self.version, request.http_request.url)


def client(kind, version, subscription=True):
    options = {"base_url": ORIGIN, "credential_scopes": [ORIGIN + "/.default"], "connection_verify": CA, "retry_total": 0}
    # The one interval that the clients poll by where an answer names none.
    options["polling_interval"] = 1
    options["per_call_policies"] = [Version(version)]
    return kind(Identity(), SUBSCRIPTION, **options) if subscription else kind(Identity(), **options)


def plain(value):
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime.datetime, datetime.date, datetime.timedelta)):
        return str(value)
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, dict) and type(value) is dict:
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "items") and not hasattr(value, "as_dict"):
        return {key: plain(item) for key, item in value.items()}
    return {"model": type(value).__name__}


def fields(model, *paths):
    """Takes attributes of a model; a path goes through models, lists (by number) and dictionaries (by key)."""
    taken = {"model": type(model).__name__}
    for path in paths:
        value = model
        for step in path.split("/"):
            if isinstance(value, list):
                value = value[int(step)]
            elif isinstance(value, dict) and step in value:
                value = value[step]
            else:
                value = getattr(value, step)
        taken[path] = plain(value)
    return taken


def main():
    group, nodes, snapshots, backups = sys.argv[4:8]
    cluster_name, extension_name, vault_name, account_name = sys.argv[8:12]
    seen = {}

    resources = client(ResourceManagementClient, "2021-04-01")
    seen["group"] = fields(resources.resource_groups.get(nodes), "managed_by", "location", "properties/provisioning_state")
    seen["provider"] = fields(resources.providers.get("Microsoft.DataProtection"), "registration_state", "namespace")

    containers = client(ContainerServiceClient, "2025-05-01")
    cluster = containers.managed_clusters.get(group, cluster_name)
    seen["cluster"] = fields(
        cluster, "id", "location", "e_tag", "identity/type", "identity/principal_id", "node_resource_group", "fqdn", "power_state/code",
        "current_kubernetes_version", "storage_profile/disk_csi_driver/enabled", "storage_profile/snapshot_controller/enabled",
        "network_profile/network_plugin", "oidc_issuer_profile/enabled", "identity_profile/kubeletidentity/object_id",
        "identity_profile/kubeletidentity/resource_id", "agent_pool_profiles/0/name", "agent_pool_profiles/0/count",
        "agent_pool_profiles/0/os_type", "agent_pool_profiles/0/mode", "provisioning_state", "service_principal_profile/client_id",
        "azure_portal_fqdn",
    )
    pool = list(containers.agent_pools.list(group, cluster_name))[0]
    seen["pool"] = fields(pool, "name", "count", "vm_size", "mode", "e_tag", "power_state/code", "provisioning_state", "enable_auto_scaling")
    binding = list(containers.trusted_access_role_bindings.list(group, cluster_name))[0]
    seen["binding"] = fields(binding, "name", "source_resource_id", "roles", "provisioning_state")

    extensions = client(KubernetesConfigurationExtensionsMgmtClient, "2023-05-01").extensions
    place = (group, "Microsoft.ContainerService", "managedClusters", cluster_name)
    seen["extension"] = fields(
        extensions.get(*place, extension_name), "name", "extension_type", "provisioning_state", "current_version", "release_train",
        "auto_upgrade_minor_version", "version", "scope/cluster/release_namespace", "configuration_settings", "aks_assigned_identity/principal_id",
        "statuses/0/code", "statuses/0/level", "statuses/0/message", "error_info/code", "error_info/message",
    )
    seen["extensions"] = [fields(extension, "name") for extension in extensions.list(*place)]

    protection = client(DataProtectionMgmtClient, "2024-04-01")
    vault = protection.backup_vaults.get(backups, vault_name)
    seen["vault"] = fields(
        vault, "id", "location", "identity/type", "identity/principal_id", "properties/storage_settings/0/type",
        "properties/storage_settings/0/datastore_type", "properties/security_settings/soft_delete_settings/state",
        "properties/security_settings/soft_delete_settings/retention_duration_in_days",
        "properties/security_settings/immutability_settings/state", "properties/provisioning_state",
    )
    policy = list(protection.backup_policies.list(backups, vault_name))[0]
    seen["policy"] = fields(
        policy, "name", "properties/datasource_types", "properties/policy_rules/0/name", "properties/policy_rules/0/data_store/data_store_type",
        "properties/policy_rules/0/trigger/schedule/repeating_time_intervals", "properties/policy_rules/1/lifecycles/0/delete_after/duration",
        "properties/policy_rules/0/backup_parameters/backup_type",
    )
    paths = (
        "id", "properties/current_protection_state", "properties/protection_status/status",
        "properties/protection_error_details/code", "properties/protection_error_details/message",
        "properties/protection_error_details/recommended_action", "properties/protection_error_details/is_user_error",
        "properties/data_source_info/resource_id", "properties/policy_info/policy_id", "properties/provisioning_state",
        "properties/policy_info/policy_parameters/data_store_parameters_list/0/resource_group_id",
        "properties/policy_info/policy_parameters/backup_datasource_parameters_list/0/snapshot_volumes",
        "properties/policy_info/policy_parameters/backup_datasource_parameters_list/0/include_cluster_scope_resources",
        "properties/identity_details/use_system_assigned_identity",
    )
    seen["instance"] = fields(list(protection.backup_instances.list(backups, vault_name))[0], *paths)
    # The version that tells the kinds of volumes.
    routed = client(DataProtectionMgmtClient, "2025-07-01").backup_instances_extension_routing.list(cluster.id)
    seen["routed"] = [fields(instance, *paths) for instance in routed]
    job = list(protection.jobs.list(backups, vault_name))[0]
    seen["listedJob"] = fields(job, "name", "properties/status", "properties/extended_info")
    seen["job"] = fields(
        protection.jobs.get(backups, vault_name, job.name), "name", "properties/status", "properties/operation_category", "properties/data_source_id",
        "properties/start_time", "properties/end_time", "properties/error_details/0/code",
        "properties/extended_info/warning_details/0/resource_name", "properties/extended_info/warning_details/0/warning/code",
        "properties/backup_instance_id", "properties/duration", "properties/policy_id",
    )

    authorization = client(AuthorizationManagementClient, "2022-04-01")
    account_scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{backups}/providers/Microsoft.Storage/storageAccounts/{account_name}"
    seen["assignments"] = [
        fields(assignment, "scope", "role_definition_id", "principal_id", "principal_type", "created_on")
        for assignment in authorization.role_assignments.list_for_scope(
            account_scope, filter="assignedTo('" + seen["extension"]["aks_assigned_identity/principal_id"] + "')"
        )
    ]
    role = authorization.role_definitions.get("/", seen["assignments"][0]["role_definition_id"].rsplit("/", 1)[1])
    seen["role"] = fields(role, "role_name", "role_type", "permissions/0/actions", "permissions/0/data_actions", "assignable_scopes")
    seen["permissions"] = [
        fields(permission, "actions", "not_actions") for permission in authorization.permissions.list_for_resource_group(group)
    ]
    seen["denied"] = [fields(denied, "deny_assignment_name", "permissions/0/actions", "principals/0/id", "scope") for denied in authorization.deny_assignments.list_for_scope(account_scope)]
    locks = client(ManagementLockClient, "2020-05-01")
    seen["locks"] = [fields(lock, "name", "level") for lock in locks.management_locks.list_by_scope(vault.id.lstrip("/"))]

    storage = client(StorageManagementClient, "2023-05-01")
    seen["account"] = fields(
        storage.storage_accounts.get_properties(backups, account_name), "kind", "sku/name", "location", "provisioning_state",
        "public_network_access", "allow_shared_key_access", "is_hns_enabled", "primary_endpoints/blob", "status_of_primary",
        "network_rule_set/default_action", "network_rule_set/bypass", "network_rule_set/ip_rules",
        "private_endpoint_connections/0/private_link_service_connection_state/status",
        "private_endpoint_connections/0/private_endpoint/id",
    )
    service = storage.blob_services.get_service_properties(backups, account_name)
    seen["blobService"] = fields(service, "delete_retention_policy/enabled", "delete_retention_policy/days", "is_versioning_enabled")
    container = storage.blob_containers.get(backups, account_name, list(storage.blob_containers.list(backups, account_name))[0].name)
    seen["container"] = fields(
        container, "name", "has_immutability_policy", "has_legal_hold", "lease_state", "public_access",
        "immutable_storage_with_versioning/enabled",
    )

    disks = client(ComputeManagementClient, "2024-03-02")
    seen["disks"] = [
        fields(disk, "id", "sku/name", "disk_size_gb", "disk_state", "zones", "creation_data/create_option")
        for disk in disks.disks.list_by_resource_group(nodes)
    ]
    seen["snapshots"] = [
        fields(snapshot, "id", "incremental", "creation_data/source_resource_id", "creation_data/create_option", "time_created")
        for snapshot in disks.snapshots.list_by_resource_group(snapshots)
    ]
    sets = client(ComputeManagementClient, "2024-07-01").virtual_machine_scale_sets.list(nodes)
    seen["scaleSets"] = [
        fields(each, "name", "identity/type", "identity/user_assigned_identities", "sku/capacity") | {
            "identities": {
                identity: fields(given, "principal_id", "client_id") for identity, given in each.identity.user_assigned_identities.items()
            }
        }
        for each in sets
    ]
    identities = client(ManagedServiceIdentityClient, "2023-01-31")
    seen["identities"] = [
        fields(identity, "name", "principal_id", "client_id", "tenant_id", "location")
        for identity in identities.user_assigned_identities.list_by_resource_group(nodes)
    ]
    seen["federated"] = [
        fields(credential, "name", "issuer", "subject", "audiences")
        for credential in identities.federated_identity_credentials.list(nodes, seen["identities"][1]["name"])
    ]

    policies = client(PolicyInsightsClient, "2022-03-01").policy_restrictions
    asked = {"resourceDetails": {"apiVersion": "2024-03-02", "resourceContent": {"type": "Microsoft.Compute/snapshots", "location": "centralus"}}}
    answer = policies.check_at_resource_group_scope(snapshots, asked)
    seen["policies"] = [
        fields(each, "policy_info/policy_assignment_id", "policy_info/policy_definition_id", "evaluation_result")
        for each in answer.content_evaluation_result.policy_evaluations
    ]
    graph = client(ResourceGraphClient, "2021-03-01", subscription=False)
    answer = graph.resources({"subscriptions": [SUBSCRIPTION], "query": "// aksbackup: disks-and-zone-links\n" + nodes, "options": {"$top": 2}})
    seen["graph"] = fields(answer, "total_records", "count", "data", "result_truncated", "skip_token")

    network = client(NetworkManagementClient, "2024-05-01")
    seen["endpoints"] = [
        fields(
            each, "name", "private_link_service_connections/0/private_link_service_id", "private_link_service_connections/0/group_ids",
            "private_link_service_connections/0/private_link_service_connection_state/status",
        )
        for each in network.private_endpoints.list(backups)
    ]
    zones = client(PrivateDnsManagementClient, "2024-06-01")
    seen["zones"] = [fields(each, "name", "number_of_record_sets") for each in zones.private_zones.list_by_resource_group(backups)]
    seen["links"] = [
        fields(each, "name", "virtual_network/id", "resolution_policy", "virtual_network_link_state", "registration_enabled")
        for each in zones.virtual_network_links.list(backups, seen["zones"][0]["name"])
    ]

    # What takes a while: the clients' own pollers follow the simulator's headers.
    start = time.monotonic()
    extensions.begin_delete(*place, extension_name).result()
    seen["deleted"] = [fields(extension, "name") for extension in extensions.list(*place)]
    created = extensions.begin_create(
        *place, extension_name,
        {"properties": {"extensionType": "microsoft.dataprotection.kubernetes", "configurationSettings": seen["extension"]["configuration_settings"]}},
    ).result()
    seen["created"] = fields(created, "provisioning_state", "current_version", "aks_assigned_identity/principal_id")
    containers.trusted_access_role_bindings.begin_delete(group, cluster_name, binding.name).result()
    seen["unbound"] = [fields(each, "name") for each in containers.trusted_access_role_bindings.list(group, cluster_name)]
    bound = containers.trusted_access_role_bindings.begin_create_or_update(
        group, cluster_name, binding.name, {"properties": {"sourceResourceId": binding.source_resource_id, "roles": binding.roles}}
    ).result()
    seen["bound"] = fields(bound, "provisioning_state", "source_resource_id")
    seen["seconds"] = round(time.monotonic() - start)
    json.dump(seen, sys.stdout, indent=1, sort_keys=True)


main()
