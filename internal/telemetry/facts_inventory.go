package telemetry

// Component is a physical part of a device: a row of entPhysicalTable (ENTITY-MIB, RFC 6933), or what a
// vendor's MIB has in its place (jnxContentsTable, tmnxHwTable, ...). Index is unique within the device.
type Component struct {
	Index       uint32 `json:"index"`           // entPhysicalIndex
	Key         string `json:"key"`             // of its place: SetComponentKeys
	Class       string `json:"class,omitempty"` // entPhysicalClass: chassis, module, port, powerSupply, fan, sensor, stack, ...
	Name        string `json:"name,omitempty"`
	Descr       string `json:"descr,omitempty"`
	Model       string `json:"model,omitempty"`
	Serial      string `json:"serial,omitempty"`
	HardwareRev string `json:"hardware_rev,omitempty"`
	FirmwareRev string `json:"firmware_rev,omitempty"`
	SoftwareRev string `json:"software_rev,omitempty"`

	Manufacturer string `json:"manufacturer,omitempty"`
	Alias        string `json:"alias,omitempty"`
	AssetID      string `json:"asset_id,omitempty"`

	// ParentIndex is entPhysicalContainedIn; 0: the part stands at the top. It never makes a loop: where the
	// device says so, the part stands at the top.
	ParentIndex uint32 `json:"parent_index,omitempty"`
	Position    int32  `json:"position"`              // entPhysicalParentRelPos; -1: not known
	FRU         bool   `json:"fru,omitempty"`         // field replaceable
	IfIndex     uint32 `json:"if_index,omitempty"`    // of a port: entAliasMappingIdentifier
	IfKey       string `json:"if_key,omitempty"`      // key of that interface
	VendorType  string `json:"vendor_type,omitempty"` // entPhysicalVendorType, dotted
	Source      string `json:"source,omitempty"`      // the MIB, when it is not ENTITY-MIB
	MfgDate     string `json:"mfg_date,omitempty"`    // entPhysicalMfgDate, RFC 3339 or the date alone
}
