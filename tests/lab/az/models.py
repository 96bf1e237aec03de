"""Holds every field of the simulator's resources against the models of Microsoft's clients of the same version.

The witness reads with the newest clients, which also know fields that an older version does not answer. Here each resource is
walked with the models of its own version: a field that they do not have, or that is of another shape, is printed.

usage: models.py < RESOURCES   (a list of resources as JSON)
"""

import importlib
import json
import sys

# The type, in lower case: the module of the models, and the model.
MODELS = {
    "microsoft.containerservice/managedclusters": ("containerservice.v2025_05_01", "ManagedCluster"),
    "microsoft.containerservice/managedclusters/agentpools": ("containerservice.v2025_05_01", "AgentPool"),
    "microsoft.containerservice/managedclusters/trustedaccessrolebindings": ("containerservice.v2025_05_01", "TrustedAccessRoleBinding"),
    "microsoft.kubernetesconfiguration/extensions": ("kubernetesconfiguration.v2023_05_01", "Extension"),
    "microsoft.dataprotection/backupvaults": ("dataprotection", "BackupVaultResource"),
    "microsoft.dataprotection/backupvaults/backuppolicies": ("dataprotection", "BaseBackupPolicyResource"),
    "microsoft.dataprotection/backupvaults/backupinstances": ("dataprotection", "BackupInstanceResource"),
    "microsoft.dataprotection/backupvaults/backupjobs": ("dataprotection", "AzureBackupJobResource"),
    "microsoft.storage/storageaccounts": ("storage.v2023_05_01", "StorageAccount"),
    "microsoft.storage/storageaccounts/blobservices": ("storage.v2023_05_01", "BlobServiceProperties"),
    "microsoft.storage/storageaccounts/blobservices/containers": ("storage.v2023_05_01", "BlobContainer"),
    "microsoft.compute/disks": ("compute.v2024_03_02", "Disk"),
    "microsoft.compute/snapshots": ("compute.v2024_03_02", "Snapshot"),
    # The client has no models of 2024-07-01.
    "microsoft.compute/virtualmachinescalesets": ("compute.v2024_11_01", "VirtualMachineScaleSet"),
    "microsoft.managedidentity/userassignedidentities": ("msi.v2023_01_31", "Identity"),
    "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials": ("msi.v2023_01_31", "FederatedIdentityCredential"),
    "microsoft.network/privateendpoints": ("network", "PrivateEndpoint"),
    "microsoft.network/privatednszones": ("privatedns", "PrivateZone"),
    "microsoft.network/privatednszones/virtualnetworklinks": ("privatedns", "VirtualNetworkLink"),
    "microsoft.authorization/roleassignments": ("authorization.v2022_04_01", "RoleAssignment"),
    "microsoft.authorization/roledefinitions": ("authorization.v2022_04_01", "RoleDefinition"),
    "microsoft.authorization/denyassignments": ("authorization.v2022_04_01", "DenyAssignment"),
    "microsoft.authorization/locks": ("resource.locks.v2016_09_01", "ManagementLockObject"),
    "microsoft.resources/resourcegroups": ("resource.resources.v2021_04_01", "ResourceGroup"),
    "microsoft.resources/providers": ("resource.resources.v2021_04_01", "Provider"),
    "microsoft.resources/subscriptions": ("resource.subscriptions.v2021_01_01", "Subscription"),
}

SIMPLE = {"str": str, "bool": bool, "int": int, "long": int, "float": (int, float), "iso-8601": str, "duration": str}


def tree(model):
    """Returns the fields of a model by their names in JSON; some models lift fields out of `properties`."""
    root = {}
    for attribute in model._attribute_map.values():
        *parents, last = [part.replace("\0", ".") for part in attribute["key"].replace("\\.", "\0").split(".")]
        node = root
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = attribute["type"]
    return root


def special(models, model, value):
    """Returns the model of what an object says that it is."""
    for attribute, names in model.__dict__.get("_subtype_map", {}).items():
        name = names.get(value.get(model._attribute_map[attribute]["key"]))
        if name and getattr(models, name) is not model:
            return special(models, getattr(models, name), value)
    return model


def walk(models, kind, value, path):
    if value is None:
        return
    if isinstance(kind, dict):
        if not isinstance(value, dict):
            yield f"{path}: an object is wanted"
            return
        for key, item in value.items():
            if key in kind:
                yield from walk(models, kind[key], item, f"{path}/{key}")
            else:
                yield f"{path}/{key}: there is no such field"
    elif kind.startswith("["):
        if not isinstance(value, list):
            yield f"{path}: a list is wanted"
            return
        for index, item in enumerate(value):
            yield from walk(models, kind[1:-1], item, f"{path}/{index}")
    elif kind.startswith("{"):
        if not isinstance(value, dict):
            yield f"{path}: a map is wanted"
            return
        for key, item in value.items():
            yield from walk(models, kind[1:-1], item, f"{path}/{key}")
    elif hasattr(getattr(models, kind, None), "_attribute_map"):
        if not isinstance(value, dict):
            yield f"{path}: a {kind} is wanted"
            return
        yield from walk(models, tree(special(models, getattr(models, kind), value)), value, path)
    elif kind in SIMPLE and not isinstance(value, SIMPLE[kind]):
        yield f"{path}: {kind} is wanted, there is {value!r}"


def main():
    for resource in json.load(sys.stdin):
        identifier = resource["id"]
        namespaces = identifier.lower().split("/providers/")
        parts = namespaces[-1].split("/")
        if len(namespaces) == 1:
            kind = "microsoft.resources/" + ("resourcegroups" if "/resourcegroups/" in identifier.lower() else "subscriptions")
        elif len(parts) == 1:
            kind = "microsoft.resources/providers"
        else:
            kind = parts[0] + "/" + "/".join(parts[1::2])
        if kind not in MODELS:
            print(f"{identifier}: no model of {kind} is known")
            continue
        module, model = MODELS[kind]
        models = importlib.import_module(f"azure.mgmt.{module}.models")
        for fault in walk(models, model, resource, identifier.rsplit("/", 2)[-2] + "/" + identifier.rsplit("/", 1)[-1]):
            print(fault)


main()
